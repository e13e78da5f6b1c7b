// SPDX-License-Identifier: Apache-2.0
// regret: <out>/regret.csv, the regret of each selector, of each table under `compare:` and of the reference rules, on
// the grid and on the holdout, per tp_size and fusion and over all of them.
#include "arbiter/regret.hpp"

#include <fmt/format.h>

#include "arbiter/files.hpp"
#include "arbiter/sink.hpp"

namespace arbiter {

namespace {

class RegretSink : public Sink {
 public:
  explicit RegretSink(const Parameters&) {}

 private:
  void do_write(const Report& report) override {
    const auto rows = regret_report(report);
    if (rows.empty()) return;
    const auto file = report.run.output_dir / "regret.csv";
    write_file(file, regret_csv(rows, report));
    report.say(fmt::format("{}: regret of every selector, per tp size and fusion", file.string()));
  }
};

}  // namespace

}  // namespace arbiter

ARBITER_PLUGIN(arbiter::RegretSink, {.kind = arbiter::PluginKind::sink,
                                     .name = "regret",
                                     .version = "1.0",
                                     .summary = "Regret of each selector and reference rule, as CSV"})
