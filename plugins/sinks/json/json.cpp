// SPDX-License-Identifier: Apache-2.0
// json: <out>/decision.json, all data of a run in one file. Keys:
//   format, version   "arbiter-decision", 1; the version is raised when an old reader would misread the file
//   made_by           the version of Arbiter
//   machine           platform, and facts: processors, GPUs, libraries and their versions
//   runs              what made the rows: columns and rows; joined_although: what differs between them, if that was
//                     allowed
//   setting           of the rows that the selectors were made of and are judged by
//   strategies        what each name of the configuration, or else of the records of the runs, means: strategy,
//                     backend, and all parameters as texts
//   selectors         in the order of the run: name, report (lines of text), table (look-up rule, grids and steps, as
//                     to_json() in arbiter/decision_table.hpp documents); sampled: true if the selector has no table
//                     and this is its choice in the cells of the grid
//   grid, holdout     all measurements, of every setting: columns, and rows in the order they were made. status is ok,
//                     failed (with the reason if it is known) or suspect (below the lower bound), execution is graph (a
//                     CUDA graph was replayed) or eager; null is what was not recorded
//   never_measured    columns and rows: the cells of the grid without a measurement, and the reasons
//   remarks           only where the file cannot say something: what, in words
// `compare: decision.json` looks shapes up in the first selector, `decision.json#<name>` in another.
#include <algorithm>

#include <fmt/format.h>

#include "arbiter/files.hpp"
#include "json/decision_document.hpp"

namespace arbiter {

namespace {

std::int64_t rows_of(const Report& report, bool holdout) {
  const Dataset& own = holdout ? report.holdout : report.dataset;
  if (report.all_rows == nullptr) return static_cast<std::int64_t>(own.rows().size());
  return std::ranges::count(report.all_rows->rows(), holdout, &Measurement::holdout);
}

class Json : public Sink {
 public:
  explicit Json(const Parameters&) {}

 private:
  void do_begin(const RunInfo&) override { skipped_.clear(); }

  void do_skipped(const Problem& problem, const std::string& strategy, const std::string& reason) override {
    skipped_.insert_or_assign({problem, strategy}, reason);
  }

  void do_write(const Report& report) override {
    const auto missing = never_measured(report.dataset, report.holdout, skipped_);
    const std::filesystem::path file = report.run.output_dir / "decision.json";
    write_file(file, [&](const WritePart& write) { write_decision_document(report, missing, write); });
    report.say(fmt::format("{}: {} selectors, {} measurements, {} of the holdout, {} cells never measured",
                           file.string(), report.selectors.size(), rows_of(report, false), rows_of(report, true),
                           missing.size()));
  }

  MissingCells skipped_;
};

}  // namespace

}  // namespace arbiter

ARBITER_PLUGIN(arbiter::Json, {.kind = arbiter::PluginKind::sink,
                               .name = "json",
                               .version = "1.0",
                               .summary = "All data of a run in one versioned JSON file"})
