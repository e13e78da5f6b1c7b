// SPDX-License-Identifier: Apache-2.0
// lines: <out>/viz/<FUSION>/benchmark.tp<N>.<platform>_lines.png, the latency and the bus bandwidth of every strategy
// over the size of the message, with the times over bytes of other tools that stood beside the data. Parameter
// `formats`: any of png, svg, pdf.
#include <iterator>
#include <span>

#include "arbiter/picture_sink.hpp"
#include "arbiter/plots.hpp"

namespace {

class Lines : public arbiter::plots::PictureSink {
 public:
  explicit Lines(const arbiter::Parameters& parameters)
      : PictureSink(
            parameters,
            [this](const auto& dataset, const auto& fusion, const auto& file) {
              arbiter::plot_lines(dataset, fusion, file, curves_, strategies_of_run());
            },
            "lines") {}

 protected:
  void do_write(const arbiter::Report& report) override {
    curves_ = report.curves;
    PictureSink::do_write(report);
    curves_ = {};
  }

 private:
  std::span<const arbiter::ByteCurve> curves_;
};

constexpr arbiter::ParameterSpec parameters[] = {arbiter::plots::formats_parameter};

}  // namespace

ARBITER_PLUGIN(Lines, {.kind = arbiter::PluginKind::sink,
                       .name = "lines",
                       .version = "1.0",
                       .summary = "Pictures: latency and bus bandwidth of each strategy over the message size",
                       .parameters = parameters,
                       .parameter_count = std::size(parameters)})
