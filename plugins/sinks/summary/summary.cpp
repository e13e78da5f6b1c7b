// summary: who is fastest where, and what each selector gives away, on the terminal and in <out>/summary.txt, which
// also has the regret per fusion and each heuristic's own report.
#include <algorithm>
#include <iterator>
#include <sstream>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "arbiter/files.hpp"
#include "arbiter/heuristic.hpp"
#include "arbiter/sink.hpp"
#include "summary/auto_line.hpp"
#include "summary/lower_bound_line.hpp"
#include "summary/prediction_line.hpp"
#include "summary/regret_table.hpp"
#include "summary/text_wrap.hpp"
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
  append(lines, lower_bound_lines(report.dataset));
  if (regret.empty()) return lines;
  append(lines, regret_tables(regret));
  append(lines, {"Regret: time(chosen) / time(best measured) - 1. in 1%: cells at most 1 % above the best."});
  append(lines, auto_lines(report, regret));
  append(lines, prediction_lines(report));
  return lines;
}

Lines selector_reports(const Report& report) {
  Lines lines;
  for (const auto& selector : report.selectors) {
    lines.emplace_back();
    std::istringstream text(selector->report());
    for (std::string line; std::getline(text, line);) append(lines, wrapped(line, 8));
  }
  return lines;
}

Lines machine_lines(const Machine& machine) {
  Lines lines;
  for (const auto& [name, value] : machine.facts) append(lines, wrapped(fmt::format("{}: {}", name, value), 6));
  if (!lines.empty()) lines.emplace_back();
  return lines;
}

class Summary : public Sink {
 public:
  explicit Summary(const Parameters& parameters) : says_reports_(parameters.boolean("reports")) {}

  void do_write(const Report& report) override {
    const auto regret = regret_report(report);
    Lines said = tables(report, regret);
    const Lines reports = selector_reports(report);
    Lines written = machine_lines(report.run.machine);
    append(written, said);
    append(written, regret_details(regret));
    append(written, reports);
    if (says_reports_) append(said, reports);
    for (const std::string& line : said) report.say(line);
    const std::filesystem::path file = report.run.output_dir / "summary.txt";
    write_file(file, fmt::format("{}\n", fmt::join(written, "\n")));
    report.say(fmt::format("{}: these tables and the heuristics' reports", file.string()));
  }

 private:
  bool says_reports_;
};

constexpr ParameterSpec summary_parameters[] = {
    {"reports", ParameterType::boolean, "false", "", "the heuristics' reports on the terminal too"},
};

}  // namespace

}  // namespace arbiter

ARBITER_PLUGIN(arbiter::Summary, {.kind = arbiter::PluginKind::sink,
                                  .name = "summary",
                                  .version = "1.0",
                                  .summary = "Closing tables: winners per tp size and fusion, regret of each selector",
                                  .parameters = arbiter::summary_parameters,
                                  .parameter_count = std::size(arbiter::summary_parameters)})
