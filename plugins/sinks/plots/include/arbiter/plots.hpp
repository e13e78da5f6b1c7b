// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <span>
#include <string>

#include "arbiter/byte_curve.hpp"
#include "arbiter/dataset.hpp"
#include "arbiter/error.hpp"
#include "arbiter/export.hpp"

namespace arbiter {

/// A picture could not be drawn. The message is one line: the picture's file and gnuplot's messages.
class ARBITER_EXPORT PictureError : public Error {
 public:
  using Error::Error;
  ~PictureError() override;
};

/// There is no gnuplot in PATH, so that no picture can be drawn at all.
class ARBITER_EXPORT GnuplotMissing : public PictureError {
 public:
  using PictureError::PictureError;
  ~GnuplotMissing() override;
};

// Each function draws the rows of one fusion at one tp_size, all but plot_lines() on a grid of shapes: num_tokens from
// left to right, hidden_size from bottom to top, one cell of equal size per measured shape.
//
// dataset  rows of one tp_size and one setting. Of several dtypes, the first in Dataset::dtypes() that the fusion has
// is drawn.
//          The title names fusion, tp_size, dtype, the machine's platform and the context of its first row.
// fusion   as Problem::fusion names it.
// file     where to write. The extension selects the format: .png, .svg or .pdf. Parent folders are created, an
//          existing file is replaced; on error `file` is unchanged.
//
// Cells: the fastest usable row of a strategy counts (Measurement::usable()). A cell without rows is hatched, one whose
// rows all failed is crossed out. Times are in microseconds. Strategies are in the order of their first row. AUTO is
// one of them, and may be the fastest. Figures are for a page of 1000 pixels: panels continue on further lines.
//
// Threads: may be called at once from several threads for different files. Each call runs gnuplot once and kills it
// after 60 seconds.
//
// Throws DataError (no rows, none of this fusion, several tp sizes), GnuplotMissing, PictureError (unknown extension,
// gnuplot failed or timed out), SystemError (files that cannot be written).

/// Latency: a panel per strategy, on one logarithmic colour scale.
ARBITER_EXPORT void plot_heatmap(const Dataset& dataset, const std::string& fusion, const std::filesystem::path& file);

/// The fastest strategy of each shape: one panel. Cells have the colour of the strategy and its latency; the captions
/// give each strategy's share of the shapes. Colours are the same in all pictures with the same `strategies`, which are
/// those of a whole run; without any they are those of the dataset.
ARBITER_EXPORT void plot_best_strategy(const Dataset& dataset, const std::string& fusion,
                                       const std::filesystem::path& file, std::span<const std::string> strategies = {});

/// Latency above that of the fastest strategy in per cent: a panel per strategy. White is 0 %; the colour scale is the
/// same in every picture and ends at 1000 %.
ARBITER_EXPORT void plot_strategy_difference(const Dataset& dataset, const std::string& fusion,
                                             const std::filesystem::path& file);

/// Latency above the lower bound of the same row (Measurement::lower_bound_us) in per cent: a panel per strategy, on
/// the colour scale of plot_strategy_difference(). Cells without a lower bound are hatched.
ARBITER_EXPORT void plot_lower_bound_distance(const Dataset& dataset, const std::string& fusion,
                                              const std::filesystem::path& file);

/// Latency and bus bandwidth over the size of the message: a line per strategy with the intervals of its medians, and
/// dashed lines for AUTO and for those of `curves` that have the tp_size, dtype and fusion. Bus bandwidth is that of
/// nccl-tests. Colours as in plot_best_strategy().
ARBITER_EXPORT void plot_lines(const Dataset& dataset, const std::string& fusion, const std::filesystem::path& file,
                               std::span<const ByteCurve> curves = {}, std::span<const std::string> strategies = {});

/// Latency in `after` against that in `before` in per cent: a panel per strategy, on the shapes of `after`. White is no
/// change, red is slower and blue is faster; the colour scale is the same in every picture and ends where the time
/// doubled or halved. Cells that `before` has no time for are hatched. Both datasets are of one tp_size, setting and
/// dtype; `before` must have the fusion too.
ARBITER_EXPORT void plot_change(const Dataset& before, const Dataset& after, const std::string& fusion,
                                const std::filesystem::path& file);

/// plot_change() of every setting, tp_size, dtype and fusion that two datasets share:
/// <folder>/<FUSION>/change.tp<N>.<platform>.<setting>.<dtype>.png. Returns how many were drawn. Throws the first
/// error.
ARBITER_EXPORT int plot_changes(const Dataset& before, const Dataset& after, const std::filesystem::path& folder);

}  // namespace arbiter
