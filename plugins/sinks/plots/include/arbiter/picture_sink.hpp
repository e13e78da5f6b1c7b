// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "arbiter/export.hpp"
#include "arbiter/sink.hpp"

namespace arbiter::plots {

/// Draws one fusion of a dataset of one tp_size to a file: the functions of plots.hpp, or any other. A sink catches the
/// Errors it throws, and may call it from several threads at once, for other files: GnuplotMissing ends the sink's
/// pictures, any other Error costs the one picture.
using PlotFunction =
    std::function<void(const Dataset& dataset, const std::string& fusion, const std::filesystem::path& file)>;

/// The parameter of every picture sink; goes into the parameters of its ARBITER_PLUGIN.
inline constexpr ParameterSpec formats_parameter = {"formats", ParameterType::text_list, "[png]", "png|svg|pdf",
                                                    "the formats each picture is written in"};

/// Base of a sink that draws one kind of picture for every tp_size, dtype and fusion of a run:
/// <output_dir>/viz/<FUSION>/benchmark.tp<N>.<platform>_<suffix>.<format>. Where a tp_size has several dtypes, those
/// after the first are named: benchmark.tp<N>.<platform>.<dtype>_<suffix>.<format>. Rows of the holdout are not drawn.
///
///   class Heatmap : public arbiter::plots::PictureSink {
///    public:
///     explicit Heatmap(const arbiter::Parameters& parameters)
///         : PictureSink(parameters, arbiter::plot_heatmap, "heatmap") {}
///   };
///
/// Link Arbiter::plots. Called on rank 0 only, from one thread, as every Sink.
class ARBITER_EXPORT PictureSink : public Sink {
 public:
  /// `parameters` must have formats_parameter; `plot` draws one picture; `suffix` is the kind of picture in file names.
  PictureSink(const Parameters& parameters, PlotFunction plot, std::string suffix);

 protected:
  void do_begin(const RunInfo& run) override;
  /// Draws all pictures and reports their number and folder in one line (Report::say). Without gnuplot one line for all
  /// picture sinks of the run says so, and nothing is thrown. If pictures failed, the others are drawn all the same;
  /// then throws PictureError: the first failure and the number of further ones.
  void do_write(const Report& report) override;

  /// Whether a dataset of one tp_size and dtype is drawn; by default, always.
  [[nodiscard]] virtual bool draws(const Dataset& dataset) const;

  /// While pictures are drawn: the strategies of the run, those of every setting, by which the functions of plots.hpp
  /// choose colours.
  [[nodiscard]] const std::vector<std::string>& strategies_of_run() const { return strategies_of_run_; }

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
  std::vector<std::string> strategies_of_run_;
};

}  // namespace arbiter::plots
