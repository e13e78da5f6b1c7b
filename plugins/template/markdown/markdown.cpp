// markdown: report.md in the output folder, for an issue or a wiki, and the template of a sink. Tables of the fastest
// strategy of each shape, by tp size and fusion, and of how much each selector gives away.
//
// To make it yours: change the name and the summary at the end, then what write() writes. Sinks that write while a run
// measures use begin(), measured() and skipped().
#include <cstdio>
#include <iterator>
#include <string>

#include "arbiter/files.hpp"
#include "arbiter/regret.hpp"
#include "arbiter/sink.hpp"

namespace {

using namespace arbiter;

std::string number(double value) {
  char text[64];
  std::snprintf(text, sizeof text, "%.2f", value);
  return text;
}

/// Names from files of other tools may hold what Markdown takes for the end of a cell.
std::string cell(const std::string& text) {
  std::string escaped;
  for (const char c : text) {
    if (c == '|' || c == '\\') escaped += '\\';
    escaped += c == '\n' ? ' ' : c;
  }
  return escaped;
}

/// The fastest of a cell but for one; null if there is no other.
const Measurement* runner_up(std::vector<const Measurement*> rows, const std::string& winner) {
  std::erase_if(rows, [&](const Measurement* row) { return row->strategy == winner; });
  return best_of(rows);
}

/// One tp size and fusion. AUTO runs what a selector chose, so it wins nothing: best_of() leaves it out.
std::string winners(const Dataset& dataset) {
  std::string text =
      "| tokens | hidden size | dtype | bytes | fastest | us | next | us |\n"
      "|---:|---:|---|---:|---|---:|---|---:|\n";
  for (const auto& [problem, rows] : dataset.cells()) {
    text += "| " + std::to_string(problem.num_tokens) + " | " + std::to_string(problem.hidden_size) + " | " +
            std::string(name_of(problem.dtype)) + " | " + std::to_string(problem.message_bytes()) + " | ";
    const Measurement* best = best_of(rows);
    const Measurement* next = best == nullptr ? nullptr : runner_up(rows, best->strategy);
    text += best == nullptr ? "nothing usable | | " : cell(best->strategy) + " | " + number(best->time_us) + " | ";
    text += next == nullptr ? "| |\n" : cell(next->strategy) + " | " + number(next->time_us) + " |\n";
  }
  return text;
}

std::string selectors(const Report& report) {
  std::string text =
      "| selector | mean | p95 | worst | within 1 % |\n"
      "|---|---:|---:|---:|---:|\n";
  for (const auto& selector : report.selectors) {
    const Regret regret = regret_of(*selector, report.dataset);
    text += "| " + cell(selector->name()) + " | ";
    if (regret.cells == regret.unmeasured) {
      text += "no time for any choice | | | |\n";
      continue;
    }
    for (const double share : {regret.mean, regret.p95, regret.worst}) text += number(100.0 * share) + " % | ";
    text += number(100.0 * regret.within_one_percent) + " % |\n";
  }
  return text;
}

constexpr ParameterSpec parameters[] = {
    {"title", ParameterType::text, "AllReduce on this machine", "", "The report's first line"},
};

class Markdown : public Sink {
 public:
  explicit Markdown(const Parameters& values) : title_(values.text("title")) {}

  /// On rank 0, at the end of a run. An exception costs this report only.
  void do_write(const Report& report) override {
    std::string text = "# " + title_ + "\n\nMeasured on " + report.run.machine.platform + ".\n";
    for (const int tp_size : report.dataset.tp_sizes()) {
      const Dataset of_tp = report.dataset.of_tp_size(tp_size);
      for (const std::string& fusion : of_tp.fusions()) {
        text += "\n## tp " + std::to_string(tp_size) + ", " + fusion + "\n\n" + winners(of_tp.of_fusion(fusion));
      }
    }
    if (!report.selectors.empty()) {
      text += "\n## Selectors\n\nHow much slower their choices are than the fastest.\n\n" + selectors(report);
    }
    const auto file = report.run.output_dir / "report.md";
    write_file(file, text);  // beside it first, then renamed: nobody reads half a report
    report.say(file.string() + ": the fastest strategy of each shape");
  }

 private:
  std::string title_;
};

}  // namespace

ARBITER_PLUGIN(Markdown, {.kind = arbiter::PluginKind::sink,
                          .name = "markdown",
                          .version = "1.0",
                          .summary = "report.md: winners and regret as Markdown tables",
                          .parameters = parameters,
                          .parameter_count = std::size(parameters)})
