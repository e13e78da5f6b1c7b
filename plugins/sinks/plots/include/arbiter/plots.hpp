#pragma once

#include <filesystem>
#include <string>

#include "arbiter/dataset.hpp"
#include "arbiter/error.hpp"
#include "arbiter/export.hpp"

namespace arbiter {

/// A picture could not be drawn. The message is one line: which picture, and what gnuplot said.
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

// Pictures of one fusion at one tp_size: x = num_tokens, y = hidden_size with the largest on top, every measured
// shape a cell of the same size. The extension of `file` picks the format: .png, .svg or .pdf; parent folders are
// created, and the file appears whole or not at all.
//
// The fastest usable row of a strategy counts for a cell. Cells without data are hatched, failed ones are crossed. Of a
// dataset with several dtypes the first of Dataset::dtypes() that the fusion has is drawn; the title names it.
// Strategies come in the order of their first appearance. AUTO has panels of its own but is never the best.
//
// Thread-safe for different files. Each call runs gnuplot once, for at most 60 seconds. Throws DataError (no row of the
// fusion, several tp sizes: which there are), GnuplotMissing, PictureError, SystemError.

/// Microseconds: a panel per strategy, one logarithmic colour scale for all of them.
ARBITER_EXPORT void plot_heatmap(const Dataset& dataset, const std::string& fusion, const std::filesystem::path& file);

/// Which strategy is the fastest: one panel, a colour per strategy that is the same in every picture, the time of the
/// fastest in each cell, and each strategy's share of the cells in the title.
ARBITER_EXPORT void plot_best_strategy(const Dataset& dataset, const std::string& fusion,
                                       const std::filesystem::path& file);

/// Per cent above the fastest strategy: a panel per strategy, white where it is the fastest. The colour scale is the
/// same in every picture and ends at 1000 %.
ARBITER_EXPORT void plot_strategy_difference(const Dataset& dataset, const std::string& fusion,
                                             const std::filesystem::path& file);

/// Per cent above the floor that was measured with each row (Measurement::lower_bound_us): a panel per strategy, on the
/// same scale. Cells without a floor are hatched.
ARBITER_EXPORT void plot_lower_bound_distance(const Dataset& dataset, const std::string& fusion,
                                              const std::filesystem::path& file);

}  // namespace arbiter
