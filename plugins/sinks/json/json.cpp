// json: <out>/decision.json, everything a run knows in one file. Keys:
//   format, version   "arbiter-decision", 1; the version is raised when an old reader would misread the file
//   made_by           the version of Arbiter
//   machine           platform, and facts: what the processors, GPUs and libraries (with their versions) are
//   selectors         in the order of the run: name, report (lines for a person), table (how to look a shape up, grids
//                     and steps; core/src/decision_files/table_json.hpp); sampled: true where a selector has no table,
//                     so that this is what it chose in the cells of the grid
//   grid, holdout     all measurements: columns, and rows in the order they were made. status is ok or failed (reason
//                     says why, where the run knew it), execution is graph (a CUDA graph was replayed) or eager; null
//                     is what was not recorded
//   never_measured    columns and rows: the cells of the grid without a measurement, and why
// `compare: decision.json` looks shapes up in the first selector, `decision.json#<name>` in another.
#include <fmt/format.h>

#include "arbiter/files.hpp"
#include "json/document.hpp"
#include "json/readable_json.hpp"

namespace arbiter {

namespace {

class Json : public Sink {
 public:
  explicit Json(const Parameters&) {}

  void do_begin(const RunInfo&) override { skipped_.clear(); }

  void do_skipped(const Problem& problem, const std::string& strategy, const std::string& reason) override {
    skipped_.insert_or_assign({problem, strategy}, reason);
  }

  void do_write(const Report& report) override {
    const auto missing = never_measured(report.dataset, report.holdout, skipped_);
    const std::filesystem::path file = report.run.output_dir / "decision.json";
    write_file(file, readable_json(decision_document(report, missing)));
    report.say(fmt::format("{}: {} selectors, {} measurements, {} of the holdout, {} cells never measured",
                           file.string(), report.selectors.size(), report.dataset.rows().size(),
                           report.holdout.rows().size(), missing.size()));
  }

 private:
  std::map<Cell, std::string> skipped_;
};

}  // namespace

}  // namespace arbiter

ARBITER_PLUGIN(arbiter::Json, {.kind = arbiter::PluginKind::sink,
                               .name = "json",
                               .version = "1.0",
                               .summary = "Everything a run knows in one versioned JSON file"})
