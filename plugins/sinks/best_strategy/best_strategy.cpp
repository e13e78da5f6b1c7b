// SPDX-License-Identifier: Apache-2.0
// best_strategy: <out>/viz/<FUSION>/benchmark.tp<N>.<platform>_best_strategy.png, the fastest strategy of every shape,
// and each strategy's share of the shapes. Parameter `formats`: any of png, svg, pdf.
#include <iterator>

#include "arbiter/picture_sink.hpp"
#include "arbiter/plots.hpp"

namespace {

class BestStrategy : public arbiter::plots::PictureSink {
 public:
  explicit BestStrategy(const arbiter::Parameters& parameters)
      : PictureSink(
            parameters,
            [this](const auto& dataset, const auto& fusion, const auto& file) {
              arbiter::plot_best_strategy(dataset, fusion, file, strategies_of_run());
            },
            "best_strategy") {}
};

constexpr arbiter::ParameterSpec parameters[] = {arbiter::plots::formats_parameter};

}  // namespace

ARBITER_PLUGIN(BestStrategy, {.kind = arbiter::PluginKind::sink,
                              .name = "best_strategy",
                              .version = "1.0",
                              .summary = "Pictures: the fastest strategy of each shape",
                              .parameters = parameters,
                              .parameter_count = std::size(parameters)})
