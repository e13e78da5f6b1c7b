#include "summary/auto_line.hpp"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "summary/text_wrap.hpp"

namespace arbiter {

namespace {

struct Drift {
  std::int64_t cells = 0;
  double mean = 0.0;
  double worst = 0.0;
};

/// How much the same operation's time differs between AUTO's turn and its own.
Drift drift_of(const Selector& selector, const Dataset& dataset) {
  Drift drift;
  for (const auto& [problem, cell] : dataset.cells()) {
    const Measurement* measured = row_of(cell, "AUTO");
    const Measurement* named = row_of(cell, selector.select(problem));
    if (measured == nullptr || named == nullptr) continue;
    const double difference = std::abs(measured->time_us / named->time_us - 1.0);
    ++drift.cells;
    drift.mean += difference;
    drift.worst = std::max(drift.worst, difference);
  }
  if (drift.cells > 0) drift.mean /= static_cast<double>(drift.cells);
  return drift;
}

std::string excess(const char* data, const Regret& regret) {
  return fmt::format("{} mean {:.2f} %, worst {:.2f} % over the best of the cell in {} cells", data,
                     100.0 * regret.mean, 100.0 * regret.worst, regret.cells - regret.unmeasured);
}

}  // namespace

std::vector<std::string> auto_lines(const Report& report, const std::vector<RegretRow>& rows) {
  const auto row = std::ranges::find_if(
      rows, [](const RegretRow& one) { return one.source == RegretSource::measured && one.tp_size == 0; });
  if (row == rows.end()) return {};
  std::string text = "AUTO as measured: ";
  if (row->grid.cells > row->grid.unmeasured) text += excess("grid", row->grid);
  if (row->holdout.cells > row->holdout.unmeasured) {
    text += (row->grid.cells > row->grid.unmeasured ? "; " : "") + excess("holdout", row->holdout);
  }
  std::vector<std::string> lines = {""};
  const auto add = [&](const std::string& line) {
    for (auto& piece : wrapped(line, 4)) lines.push_back(std::move(piece));
  };
  add(text + ".");
  if (report.selectors.empty()) return lines;
  const Selector& first = *report.selectors.front();
  const Drift drift = drift_of(first, report.dataset);
  if (drift.cells == 0) return lines;
  add(
      fmt::format("  AUTO was measured after the others; its times differ from the earlier ones of the strategies that "
                  "{} names by mean {:.2f} %, worst {:.2f} %: so much is noise, and change of the machine in between.",
                  first.name(), 100.0 * drift.mean, 100.0 * drift.worst));
  return lines;
}

}  // namespace arbiter
