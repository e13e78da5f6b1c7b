// SPDX-License-Identifier: Apache-2.0
// A sink that writes down its calls, in <out>/<name>.calls, and fails in the one that it is told.
#include <fstream>

#include "arbiter/error.hpp"
#include "arbiter/sink.hpp"

namespace {

constexpr arbiter::ParameterSpec parameters[] = {
    {"name", arbiter::ParameterType::text, "tells", "", "of the file"},
    {"fails_in", arbiter::ParameterType::text, "", "", "the call that fails"},
};

class Tells : public arbiter::Sink {
 public:
  explicit Tells(const arbiter::Parameters& values) : name_(values.text("name")), fails_in_(values.text("fails_in")) {
    if (fails_in_ == "making") throw arbiter::PluginError("it cannot be made");
  }

 private:
  void do_begin(const arbiter::RunInfo& run) override {
    std::filesystem::create_directories(run.output_dir);
    file_.open(run.output_dir / (name_ + ".calls"));
    tell("begin");
  }
  void do_probed(const arbiter::MachineProbe&) override { tell("probed"); }
  void do_measured(const arbiter::Measurement& row) override { tell("measured", row.strategy); }
  void do_skipped(const arbiter::Problem&, const std::string& strategy, const std::string& reason) override {
    tell("skipped", strategy + ": " + reason);
  }
  void do_write(const arbiter::Report& report) override {
    report.say("the report");
    tell("write", std::to_string(report.dataset.rows().size()) + " rows, " +
                      std::to_string(report.holdout.rows().size()) + " of the holdout, of " +
                      std::to_string(report.all_rows->rows().size()) + "; table id of OTHER " +
                      std::to_string(report.table_id("OTHER").value_or(-1)));
  }

  void tell(const std::string& call, const std::string& what = "") {
    if (call == fails_in_) throw arbiter::Error("no room for " + call);
    file_ << call << (what.empty() ? "" : " ") << what << std::endl;
  }

  std::string name_;
  std::string fails_in_;
  std::ofstream file_;
};

}  // namespace

ARBITER_PLUGIN(Tells, {.kind = arbiter::PluginKind::sink,
                       .name = "tells",
                       .version = "1",
                       .summary = "Writes down its calls",
                       .parameters = parameters,
                       .parameter_count = std::size(parameters)})
