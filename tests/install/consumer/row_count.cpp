// SPDX-License-Identifier: Apache-2.0
#include "arbiter/sink.hpp"

namespace {

class RowCount : public arbiter::Sink {
 public:
  explicit RowCount(const arbiter::Parameters&) {}
  void do_write(const arbiter::Report& report) override {
    report.say("row_count: " + std::to_string(report.dataset.rows().size()));
  }
};

}  // namespace

ARBITER_PLUGIN(RowCount, {.kind = arbiter::PluginKind::sink,
                          .name = "row_count",
                          .version = "1.0",
                          .summary = "How many rows there are"})
