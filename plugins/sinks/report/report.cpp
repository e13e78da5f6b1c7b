// SPDX-License-Identifier: Apache-2.0
// report: <out>/report.html, all that a run found in one page that needs no network and no other file: the verdict; for
// each tp size and fusion the fastest strategies, times, differences and lines in every context; regret; cells without
// a time and why; the machine and the runs. Its data are one JSON block, from which its script (page/) draws.
#include <fmt/format.h>

#include "arbiter/files.hpp"
#include "report/page_text.hpp"
#include "report/report_data.hpp"

namespace arbiter {

namespace {

class ReportPage : public Sink {
 public:
  explicit ReportPage(const Parameters&) {}

 private:
  void do_begin(const RunInfo&) override { skipped_.clear(); }

  void do_skipped(const Problem& problem, const std::string& strategy, const std::string& reason) override {
    skipped_.insert_or_assign({problem, strategy}, reason);
  }

  void do_write(const Report& report) override {
    const std::filesystem::path file = report.run.output_dir / "report.html";
    write_file(file, page_with(report_data(report, skipped_)));
    report.say(fmt::format("{}: open it in a browser; it needs nothing else", file.string()));
  }

  SkippedCells skipped_;
};

}  // namespace

}  // namespace arbiter

ARBITER_PLUGIN(arbiter::ReportPage, {.kind = arbiter::PluginKind::sink,
                                     .name = "report",
                                     .version = "1.0",
                                     .summary = "All that a run found as one page for a browser"})
