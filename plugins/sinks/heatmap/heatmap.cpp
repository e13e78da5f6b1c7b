// SPDX-License-Identifier: Apache-2.0
// heatmap: <out>/viz/<FUSION>/benchmark.tp<N>.<platform>_heatmap.png, the latency of every strategy side by side, on
// one logarithmic colour scale. Parameter `formats`: any of png, svg, pdf.
#include <iterator>

#include "arbiter/picture_sink.hpp"
#include "arbiter/plots.hpp"

namespace {

class Heatmap : public arbiter::plots::PictureSink {
 public:
  explicit Heatmap(const arbiter::Parameters& parameters) : PictureSink(parameters, arbiter::plot_heatmap, "heatmap") {}
};

constexpr arbiter::ParameterSpec parameters[] = {arbiter::plots::formats_parameter};

}  // namespace

ARBITER_PLUGIN(Heatmap, {.kind = arbiter::PluginKind::sink,
                         .name = "heatmap",
                         .version = "1.0",
                         .summary = "Pictures: the latency of each strategy over num_tokens and hidden_size",
                         .parameters = parameters,
                         .parameter_count = std::size(parameters)})
