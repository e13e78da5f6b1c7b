#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "arbiter/export.hpp"
#include "arbiter/sink.hpp"

namespace arbiter::plots {

/// One of the functions of plots.hpp.
using PlotFunction = void (*)(const Dataset&, const std::string& fusion, const std::filesystem::path&);

/// The parameter all sinks of pictures have.
inline constexpr ParameterSpec formats_parameter = {"formats", ParameterType::text_list, "[png]", "png|svg|pdf",
                                                    "the formats each picture is written in"};

/// A sink that draws one kind of picture for every tp_size and fusion:
/// <out>/viz/<FUSION>/benchmark.tp<N>.<platform>_<suffix>.<format>. Of several dtypes, all but the first have the
/// dtype before the suffix: benchmark.tp<N>.<platform>.<dtype>_<suffix>.<format>.
class ARBITER_EXPORT PictureSink : public Sink {
 public:
  PictureSink(const Parameters& parameters, PlotFunction plot, std::string suffix);
  void do_begin(const RunInfo& run) override;
  /// Says in one line how many pictures there are and where. Without gnuplot the run's sinks of pictures together say
  /// so once, and do not fail. A picture that fails does not keep the others from being drawn; PictureError tells of it
  /// at the end.
  void do_write(const Report& report) override;

 protected:
  /// Whether there is anything to draw of a dataset of one tp_size and dtype.
  [[nodiscard]] virtual bool draws(const Dataset& dataset) const;

 private:
  struct Outcome {
    int written = 0;
    std::vector<std::string> failures;
  };

  /// Every fusion of a dataset of one tp_size and dtype, in every format.
  void draw_fusions(const Dataset& dataset, const std::filesystem::path& folder, const std::string& stem,
                    Outcome& outcome) const;

  PlotFunction plot_;
  std::string suffix_;
  std::vector<std::string> formats_;
};

}  // namespace arbiter::plots
