// SPDX-License-Identifier: Apache-2.0
// strategy_difference: <out>/viz/<FUSION>/benchmark.tp<N>.<platform>_strategy_difference_heatmap.png, the latency of
// every strategy above that of the fastest one, in per cent. Parameter `formats`: any of png, svg, pdf.
#include <iterator>

#include "arbiter/picture_sink.hpp"
#include "arbiter/plots.hpp"

namespace {

class StrategyDifference : public arbiter::plots::PictureSink {
 public:
  explicit StrategyDifference(const arbiter::Parameters& parameters)
      : PictureSink(parameters, arbiter::plot_strategy_difference, "strategy_difference_heatmap") {}
};

constexpr arbiter::ParameterSpec parameters[] = {arbiter::plots::formats_parameter};

}  // namespace

ARBITER_PLUGIN(StrategyDifference, {.kind = arbiter::PluginKind::sink,
                                    .name = "strategy_difference",
                                    .version = "1.0",
                                    .summary = "Pictures: latency of each strategy above the fastest",
                                    .parameters = parameters,
                                    .parameter_count = std::size(parameters)})
