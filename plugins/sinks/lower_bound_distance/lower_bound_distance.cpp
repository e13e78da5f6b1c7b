// SPDX-License-Identifier: Apache-2.0
// lower_bound_distance: <out>/viz/<FUSION>/benchmark.tp<N>.<platform>_lower_bound_distance_heatmap.png, the latency of
// each strategy above the lower bound that launch overhead, latency and bandwidth of the machine set. Rows have a lower
// bound if the run probed the machine (`runner --probe`). Parameter `formats`: any of png, svg, pdf.
#include <algorithm>
#include <iterator>

#include "arbiter/picture_sink.hpp"
#include "arbiter/plots.hpp"

namespace {

using namespace arbiter;

class LowerBoundDistance : public plots::PictureSink {
 public:
  explicit LowerBoundDistance(const Parameters& parameters)
      : PictureSink(parameters, plot_lower_bound_distance, "lower_bound_distance_heatmap") {}

 private:
  void do_write(const Report& report) override {
    if (!report.dataset.rows().empty() && !draws(report.dataset)) {
      report.say("lower_bound_distance: nothing to draw: no row has a lower bound, which runner --probe measures");
      return;
    }
    PictureSink::do_write(report);
  }

  /// CSVs of several runs may be read together, some of them without a machine probe.
  [[nodiscard]] bool draws(const Dataset& dataset) const override {
    return std::ranges::any_of(dataset.rows(), [](const Measurement& row) { return row.lower_bound_us > 0.0; });
  }
};

constexpr ParameterSpec parameters[] = {plots::formats_parameter};

}  // namespace

ARBITER_PLUGIN(LowerBoundDistance, {.kind = arbiter::PluginKind::sink,
                                    .name = "lower_bound_distance",
                                    .version = "1.0",
                                    .summary = "Pictures: latency of each strategy above the machine's lower bound",
                                    .parameters = parameters,
                                    .parameter_count = std::size(parameters)})
