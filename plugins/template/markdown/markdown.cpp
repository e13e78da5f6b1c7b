// SPDX-License-Identifier: Apache-2.0
// The template of a sink. markdown writes into the output folder, for an issue or a wiki:
//   report.md   the fastest strategy of each shape, by tp size and fusion; the strategies with their ids in look-up
//               tables; the regret of each selector; why problems were not measured
//   rows.md     every row as soon as it is measured
//
// To make it yours: change the name and the summary at the end, then what the do_*() hooks write.
#include <cstdio>
#include <iterator>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "arbiter/files.hpp"
#include "arbiter/names.hpp"
#include "arbiter/regret.hpp"
#include "arbiter/sink.hpp"

namespace {

using namespace arbiter;

std::string number(double value) {
  char text[64];
  std::snprintf(text, sizeof text, "%.2f", value);
  return text;
}

/// Escapes what Markdown would not print in a cell: names from files of other tools may contain anything, HTML too.
std::string cell(const std::string& text) {
  std::string escaped;
  for (const char c : plain_text(text)) {
    if (std::string_view("|\\`*<>&[]!").find(c) != std::string_view::npos) escaped += '\\';
    escaped += c;
  }
  return escaped;
}

/// The fastest row of another strategy than `winner`; null if there is none.
const Measurement* runner_up(std::vector<const Measurement*> rows, const std::string& winner) {
  std::erase_if(rows, [&](const Measurement* row) { return row->strategy == winner; });
  return best_of(rows);
}

/// The table of one tp size and fusion. best_of() leaves out AUTO, which runs what a selector chose.
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

/// The ids are those of the look-up tables that other sinks write: from the YAML, published, or the plugin's.
std::string strategies(const Report& report) {
  std::string text = "| strategy | table id | rows | failed |\n|---|---:|---:|---:|\n";
  for (const std::string& strategy : report.dataset.strategies()) {
    if (strategy == "AUTO") continue;
    int rows = 0;
    int failed = 0;
    for (const Measurement& row : report.dataset.rows()) {
      if (row.strategy != strategy) continue;
      ++rows;
      failed += row.usable() ? 0 : 1;
    }
    const std::optional<int> id = report.table_id(strategy);
    text += "| " + cell(strategy) + " | " + (id ? std::to_string(*id) : "none") + " | " + std::to_string(rows) + " | " +
            std::to_string(failed) + " |\n";
  }
  return text;
}

std::string row_line(const Measurement& row) {
  const std::string result = row.usable()                 ? number(row.time_us) + " us"
                             : row.suspect && !row.failed ? "suspect: " + number(row.time_us) + " us"
                                                          : "failed: " + cell(row.reason);
  return "| " + cell(to_string(row.problem)) + " | " + cell(row.strategy) + " | " + result + " |";
}

constexpr ParameterSpec parameters[] = {
    {"title", ParameterType::text, "AllReduce on this machine", "", "The report's first line"},
};

class Markdown : public Sink {
 public:
  explicit Markdown(const Parameters& values) : title_(values.text("title")) {}

 protected:
  /// The start of a run. Nothing is written yet: a run may have nothing to write.
  void do_begin(const RunInfo& run) override {
    run_ = run;
    rows_.reset();
    skipped_.clear();
  }

  /// A row was measured. Whole lines only, so a killed run leaves a valid file; if fresh ranks took over, the lines
  /// that exist are not written again.
  void do_measured(const Measurement& row) override {
    if (!rows_) {
      rows_.emplace(run_.output_dir / "rows.md",
                    run_.continues ? LineFile::Earlier::continues : LineFile::Earlier::is_set_aside);
      rows_->append("| problem | strategy | result |");
      rows_->append("|---|---|---:|");
    }
    rows_->append(row_line(row));
  }

  /// A problem was not measured, or failed.
  void do_skipped(const Problem&, const std::string&, const std::string& reason) override { ++skipped_[reason]; }

  /// The end of the run. An exception costs this report only.
  void do_write(const Report& report) override {
    std::string text = "# " + title_ + "\n\nMeasured on " + cell(report.run.machine.platform) + ": " +
                       cell(to_string(report.setting)) + ".\n";
    for (const int tp_size : report.dataset.tp_sizes()) {
      const Dataset of_tp = report.dataset.of_tp_size(tp_size);
      for (const std::string& fusion : of_tp.fusions()) {
        text += "\n## tp " + std::to_string(tp_size) + ", " + cell(fusion) + "\n\n" + winners(of_tp.of_fusion(fusion));
      }
    }
    if (!report.selectors.empty()) {
      text += "\n## Selectors\n\nHow much slower their choices are than the fastest.\n\n" + selectors(report);
    }
    text += "\n## Strategies\n\n" + strategies(report);
    if (!skipped_.empty()) text += "\n## Not measured\n\n";
    for (const auto& [reason, count] : skipped_) text += "- " + cell(reason) + ": " + std::to_string(count) + "\n";
    const auto file = report.run.output_dir / "report.md";
    write_file(file, text);  // the whole file or nothing
    report.say(file.string() + ": the fastest strategy of each shape");
  }

 private:
  std::string title_;
  RunInfo run_;
  std::optional<LineFile> rows_;
  std::map<std::string, int> skipped_;  ///< problems by reason
};

}  // namespace

ARBITER_PLUGIN(Markdown, {.kind = arbiter::PluginKind::sink,
                          .name = "markdown",
                          .version = "1.0",
                          .summary = "report.md: winners, strategies and regret as Markdown tables; rows.md",
                          .parameters = parameters,
                          .parameter_count = std::size(parameters)})
