// SPDX-License-Identifier: Apache-2.0
#include "summary/remarks.hpp"

#include <algorithm>
#include <cmath>
#include <map>

#include <fmt/format.h>

#include "common/geometric_mean.hpp"
#include "common/text_wrap.hpp"

namespace arbiter {

namespace {

/// The fastest time of each cell over its lower bound.
std::vector<double> distances_of(const Dataset& dataset) {
  std::vector<double> distances;
  for (const auto& [problem, cell] : dataset.cells()) {
    const Measurement* best = best_of(cell);
    if (best != nullptr && best->lower_bound_us > 0.0) distances.push_back(best->over_lower_bound());
  }
  return distances;
}

struct Drift {
  std::int64_t cells = 0;
  double mean = 0.0;
  double worst = 0.0;
};

/// The differences between AUTO's times and the earlier ones of the strategies that it ran.
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

/// |predicted / measured - 1| of every usable row, ascending.
std::vector<double> errors_of(const Selector& selector, const Dataset& holdout) {
  std::vector<double> errors;
  for (const Measurement& row : holdout.rows()) {
    if (!row.usable()) continue;
    const double predicted = selector.predict(row.problem, row.strategy);
    if (!std::isnan(predicted)) errors.push_back(std::abs(predicted / row.time_us - 1.0));
  }
  std::ranges::sort(errors);
  return errors;
}

struct ContextDifference {
  std::int64_t cells = 0;              ///< with a best strategy in both contexts
  std::vector<std::string> differing;  ///< the cells in which they differ: "tp 2, ...: ONESHOT, NCCL"
};

/// The report's context against another one, measured otherwise alike.
ContextDifference compare_contexts(const Report& report, Context context) {
  std::map<int, int> hosts;  // by tp size
  for (const Measurement& row : report.dataset.rows()) hosts[row.problem.tp_size] = row.setting.hosts;
  Dataset other;
  for (const Measurement& row : report.all_rows->rows()) {
    const auto same = hosts.find(row.problem.tp_size);
    if (row.holdout || same == hosts.end()) continue;
    Setting wanted = report.setting;
    wanted.context = context;
    wanted.hosts = same->second;
    if (row.setting == wanted) other.add(row);
  }
  ContextDifference result;
  const auto cells = other.cells();
  for (const auto& [problem, cell] : report.dataset.cells()) {
    const auto twin = cells.find(problem);
    if (twin == cells.end()) continue;
    const Measurement* here = best_of(cell);
    const Measurement* there = best_of(twin->second);
    if (here == nullptr || there == nullptr) continue;
    ++result.cells;
    if (here->strategy == there->strategy) continue;
    result.differing.push_back(fmt::format("{}: {}, {}", to_string(problem), here->strategy, there->strategy));
  }
  return result;
}

}  // namespace

std::vector<std::string> lower_bound_lines(const Dataset& dataset) {
  std::string text;
  for (const int tp_size : dataset.tp_sizes()) {
    const Dataset of_tp = dataset.of_tp_size(tp_size);
    std::string fusions;
    for (const auto& fusion : of_tp.fusions()) {
      const auto distances = distances_of(of_tp.of_fusion(fusion));
      if (distances.empty()) continue;
      const auto [least, most] = std::ranges::minmax(distances);
      fusions += fmt::format("{}{} {:.2f}x ({:.2f}x to {:.2f}x)", fusions.empty() ? "" : ", ", fusion,
                             geometric_mean(distances), least, most);
    }
    if (!fusions.empty()) text += fmt::format(" tp {}: {}.", tp_size, fusions);
  }
  if (text.empty()) return {};
  std::vector<std::string> lines = {""};
  append_wrapped(lines, "Fastest over the lower bound that launch, latency and bandwidth allow, geometric mean:" + text,
                 4);
  return lines;
}

std::vector<std::string> context_lines(const Report& report) {
  std::vector<std::string> lines;
  if (report.all_rows == nullptr) return lines;
  for (const Context context : {Context::engine, Context::engine_early, Context::isolated, Context::back_to_back}) {
    if (context == report.setting.context) continue;
    const auto [cells, differing] = compare_contexts(report, context);
    if (cells == 0) continue;
    std::string text = fmt::format("Of {} cells the best strategy differs in {} between {} and {}", cells,
                                   differing.size(), name_of(report.setting.context), name_of(context));
    constexpr std::size_t shown = 3;
    for (std::size_t i = 0; i < std::min(shown, differing.size()); ++i) text += (i == 0 ? ": " : "; ") + differing[i];
    if (differing.size() > shown) text += fmt::format("; and {} more", differing.size() - shown);
    if (lines.empty()) lines.emplace_back();
    append_wrapped(lines, text + ".", 4);
  }
  return lines;
}

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
  append_wrapped(lines, text + ".", 4);
  if (report.selectors.empty()) return lines;
  const Selector& first = *report.selectors.front();
  const Drift drift = drift_of(first, report.dataset);
  if (drift.cells == 0) return lines;
  append_wrapped(
      lines,
      fmt::format("  AUTO was measured after the others; its times differ from the earlier ones of the strategies that "
                  "{} names by mean {:.2f} %, worst {:.2f} %: so much is noise, and change of the machine in between.",
                  first.name(), 100.0 * drift.mean, 100.0 * drift.worst),
      4);
  return lines;
}

std::vector<std::string> prediction_lines(const Report& report) {
  std::vector<std::string> lines;
  for (const auto& selector : report.selectors) {
    const auto errors = errors_of(*selector, report.holdout);
    if (errors.empty()) continue;
    const auto at = [&](double share) {
      const auto rank = static_cast<std::size_t>(std::ceil(share * static_cast<double>(errors.size())));
      return 100.0 * errors[std::max<std::size_t>(rank, 1) - 1];
    };
    if (lines.empty()) lines.emplace_back();
    append_wrapped(lines,
                   fmt::format("{} predicted {} times of the holdout; half of them are off by at most {:.1f} "
                               "%, 95 in 100 by at most {:.1f} %, the worst by {:.1f} %.",
                               selector->name(), errors.size(), at(0.5), at(0.95), at(1.0)),
                   4);
  }
  return lines;
}

}  // namespace arbiter
