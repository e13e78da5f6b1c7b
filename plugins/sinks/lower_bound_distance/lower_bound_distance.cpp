// Sink `lower_bound_distance`: viz/<FUSION>/benchmark.tp<N>.<platform>_lower_bound_distance_heatmap.png, how far each
// strategy is above the least time that launch, latency and bandwidth of the machine allow. The rows say that time if
// the run measured its limits (`runner --limits`). Parameter `formats`: any of png, svg, pdf.
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

  void do_write(const Report& report) override {
    if (!report.dataset.rows().empty() && !draws(report.dataset)) {
      report.say("lower_bound_distance: nothing to draw: no row has a lower bound, which runner --probe measures");
      return;
    }
    PictureSink::do_write(report);
  }

 protected:
  /// CSVs of several runs may be read together, some of which did not measure limits.
  [[nodiscard]] bool draws(const Dataset& dataset) const override {
    return std::ranges::any_of(dataset.rows(), [](const Measurement& row) { return row.lower_bound_us > 0.0; });
  }
};

constexpr ParameterSpec parameters[] = {plots::formats_parameter};

}  // namespace

ARBITER_PLUGIN(LowerBoundDistance,
               {.kind = arbiter::PluginKind::sink,
                .name = "lower_bound_distance",
                .version = "1.0",
                .summary = "Pictures: how far each strategy is above what the machine's limits allow",
                .parameters = parameters,
                .parameter_count = std::size(parameters)})
