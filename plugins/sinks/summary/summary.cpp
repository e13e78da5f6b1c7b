// SPDX-License-Identifier: Apache-2.0
// summary: what a run comes to in at most five lines, then tables of the fastest strategies and of the regret of each
// selector, on the terminal and in <out>/summary.txt, which also has the machine, the runs, the setting, the regret per
// fusion and the report of each heuristic.
#include <algorithm>
#include <iterator>
#include <sstream>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "arbiter/files.hpp"
#include "arbiter/heuristic.hpp"
#include "arbiter/names.hpp"
#include "arbiter/sink.hpp"
#include "common/text_wrap.hpp"
#include "common/verdict.hpp"
#include "summary/regret_table.hpp"
#include "summary/remarks.hpp"
#include "summary/trust.hpp"
#include "summary/winners.hpp"

namespace arbiter {

namespace {

using Lines = std::vector<std::string>;

void append(Lines& lines, const Lines& more) { lines.insert(lines.end(), more.begin(), more.end()); }

Lines tables(const Report& report, const std::vector<RegretRow>& regret) {
  const std::string baseline = baseline_strategy(report.dataset);
  Lines lines = {
      fmt::format("Winners on {}: share of cells each strategy is fastest in, and the best over {} "
                  "(geometric mean)",
                  report.run.machine.platform.empty() ? "this machine" : report.run.machine.platform, baseline)};
  append(lines, winners_table(winners(report.dataset, baseline), baseline));
  const auto is_failed = [](const Measurement& row) { return row.failed; };
  const auto failed =
      std::ranges::count_if(report.dataset.rows(), is_failed) + std::ranges::count_if(report.holdout.rows(), is_failed);
  if (failed > 0) lines.push_back(fmt::format("{} measurements failed and are not in the table", failed));
  const auto is_suspect = [](const Measurement& row) { return row.suspect && !row.failed; };
  const auto suspect = std::ranges::count_if(report.dataset.rows(), is_suspect) +
                       std::ranges::count_if(report.holdout.rows(), is_suspect);
  if (suspect > 0) {
    lines.push_back(fmt::format("{} measurements are suspect, below the lower bound, and not in the table", suspect));
  }
  append(lines, lower_bound_lines(report.dataset));
  append(lines, context_lines(report));
  if (regret.empty()) return lines;
  append(lines, regret_tables(regret));
  append(lines, {"Regret: time(chosen) / time(best measured) - 1. in 1%: cells at most 1 % above the best."});
  append(lines, auto_lines(report, regret));
  append(lines, prediction_lines(report));
  append(lines, trust_lines(report, regret));
  return lines;
}

Lines selector_reports(const Report& report) {
  Lines lines;
  for (const auto& selector : report.selectors) {
    lines.emplace_back();
    std::istringstream text(selector->report());
    for (std::string line; std::getline(text, line);) append_wrapped(lines, line, 8);
  }
  return lines;
}

/// The machine, the runs, and the setting that the tables are of.
Lines origin(const Report& report) {
  Lines lines;
  for (const auto& [name, value] : report.run.machine.facts) {
    append_wrapped(lines, fmt::format("{}: {}", name, value), 6);
  }
  for (const RunRecord& run : report.run.runs) {
    append_wrapped(lines, fmt::format("run: {} of {}, Arbiter {}", run.id, run.date, run.arbiter), 6);
  }
  for (const std::string& line : report.run.mixed) append_wrapped(lines, "joined although " + line, 6);
  append_wrapped(lines, "setting: " + to_string(report.setting), 6);
  if (!lines.empty()) lines.emplace_back();
  return lines;
}

class Summary : public Sink {
 public:
  explicit Summary(const Parameters& parameters) : prints_reports_(parameters.boolean("reports")) {}

 private:
  void do_write(const Report& report) override {
    const auto regret = regret_report(report);
    Lines printed = verdict(report, regret);
    if (!printed.empty()) printed.emplace_back();
    Lines written = printed;
    const Lines tables_of_run = tables(report, regret);
    const Lines reports = selector_reports(report);
    append(printed, tables_of_run);
    append(written, origin(report));
    append(written, tables_of_run);
    append(written, regret_details(regret));
    append(written, reports);
    if (prints_reports_) append(printed, reports);
    for (Lines* const lines : {&printed, &written}) {
      for (std::string& line : *lines) line = plain_text(line);
    }
    for (const std::string& line : printed) report.say(line);
    const std::filesystem::path file = report.run.output_dir / "summary.txt";
    write_file(file, fmt::format("{}\n", fmt::join(written, "\n")));
    report.say(fmt::format("{}: these tables and the heuristics' reports", file.string()));
  }

  bool prints_reports_;
};

constexpr ParameterSpec summary_parameters[] = {
    {"reports", ParameterType::boolean, "false", "", "print the heuristics' reports on the terminal too"},
};

}  // namespace

}  // namespace arbiter

ARBITER_PLUGIN(arbiter::Summary,
               {.kind = arbiter::PluginKind::sink,
                .name = "summary",
                .version = "1.0",
                .summary = "Tables: fastest strategies per tp_size and fusion, regret of each selector",
                .parameters = arbiter::summary_parameters,
                .parameter_count = std::size(arbiter::summary_parameters)})
