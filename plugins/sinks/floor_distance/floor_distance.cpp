// Sink `floor_distance`: viz/<FUSION>/benchmark.tp<N>.<platform>_floor_distance_heatmap.png, how far each strategy is
// above the least time that launch, latency and bandwidth of the machine allow. The rows say that time if the run
// measured its limits (`runner --limits`). Parameter `formats`: any of png, svg, pdf.
#include <algorithm>
#include <iterator>

#include "arbiter/plots.hpp"
#include "picture_sink.hpp"

namespace {

using namespace arbiter;

class FloorDistance : public plots::PictureSink {
 public:
  explicit FloorDistance(const Parameters& parameters)
      : PictureSink(parameters, plot_floor_distance, "floor_distance_heatmap") {}

  void write(const Report& report) override {
    if (!report.dataset.rows().empty() && !draws(report.dataset)) {
      report.say("floor_distance: nothing to draw: no row has a floor, which runner --limits measures");
      return;
    }
    PictureSink::write(report);
  }

 protected:
  /// CSVs of several runs may be read together, some of which did not measure limits.
  [[nodiscard]] bool draws(const Dataset& dataset) const override {
    return std::ranges::any_of(dataset.rows(), [](const Measurement& row) { return row.floor_us > 0.0; });
  }
};

constexpr ParameterSpec parameters[] = {plots::formats_parameter};

}  // namespace

ARBITER_PLUGIN(FloorDistance, {.kind = arbiter::PluginKind::sink,
                               .name = "floor_distance",
                               .version = "1.0",
                               .summary = "Pictures: how far each strategy is above what the machine's limits allow",
                               .parameters = parameters,
                               .parameter_count = std::size(parameters)})
