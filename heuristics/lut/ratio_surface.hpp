// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "common/cell_block.hpp"
#include "lut/cholesky.hpp"

namespace arbiter {

/// The same kernel measured again later differs by this (relative standard deviation), whatever the interval of one
/// measurement says.
inline constexpr double repeat_deviation = 0.014;

/// What is known of the strategies at one shape, [strategy of the block].
struct RatioEstimate {
  std::vector<double> log_ratio;  ///< log(time), up to a term that all strategies share; NaN for one never measured
  std::vector<double> deviation;  ///< standard deviation of log_ratio

  /// Standard deviation of the difference of two strategies.
  [[nodiscard]] double deviation_of_difference(std::size_t a, std::size_t b) const;
};

/// Where a surface is asked.
struct TableShape {
  double hidden_size = 0.0;
  double num_tokens = 0.0;
};

/// How the times of strategies compare, as smooth surfaces over hidden size and tokens.
///
/// A measured time is noisy, and a cell's neighbours know something about it: the ratio of two strategies changes
/// slowly with the message's bytes, less with its aspect, and much alike for all fusions. So each strategy's log time
/// less the cell's mean is a Gaussian process over (log2 bytes; log2 hidden, log2 tokens; fusion). How smooth it is and
/// how noisy the times are is read from the data (maximum marginal likelihood, each fusion by itself): exact data are
/// followed exactly, noisy data are averaged over a wide neighbourhood.
///
/// Immutable and thread-safe.
class RatioSurface {
 public:
  /// Blocks of one tp size and dtype; read only here. Where they have more than `most_cells` cells, give them one by
  /// one: the effort grows with the third power.
  explicit RatioSurface(const std::vector<const CellBlock*>& blocks);
  static constexpr std::size_t most_cells = 1500;
  /// Of one of so many blocks: through at most `most_points` of its cells, evenly spread over both axes, which are
  /// enough for a surface that is smooth over a doubling.
  explicit RatioSurface(const CellBlock& block);
  static constexpr std::size_t most_points = 128;

  /// At any shape, for the strategies of blocks[block].
  [[nodiscard]] RatioEstimate at(std::size_t block, double hidden_size, double num_tokens) const;
  /// How much more it is at `to` than at `from`. Neighbours share much of their errors, so a change is better known
  /// than its ends.
  [[nodiscard]] RatioEstimate change(std::size_t block, const TableShape& from, const TableShape& to) const;
  /// Only RatioEstimate::log_ratio, which is much cheaper.
  [[nodiscard]] std::vector<double> log_ratios(std::size_t block, double hidden_size, double num_tokens) const;
  /// Relative standard deviation of one measured time, as estimated from how much neighbours differ.
  [[nodiscard]] double noise() const;

 private:
  struct Point {
    double hidden = 0.0;  ///< log2
    double tokens = 0.0;
    std::size_t block = 0;
  };
  /// Lengths in doublings; the rest relative to the variance of the dependence on bytes.
  struct Shape {
    double bytes_length = 4.0;
    double shape_length = 3.0;
    double shape_variance = 0.3;
    double noise_variance = 0.0064;
  };
  /// Strategies that were measured in the same cells, which share a factor.
  struct Pattern {
    std::vector<Point> points;
    std::vector<std::string> strategies;
    std::vector<std::vector<double>> values;   ///< [strategy][point]
    std::vector<std::vector<double>> weights;  ///< [strategy][point]: of the points' covariances, in an estimate
    std::optional<Cholesky> factor;
  };

  /// Of cells for which `is_used` (of a block and the number of its cell) holds.
  template <class Predicate>
  void add_values(const std::vector<const CellBlock*>& blocks, const Predicate& is_used);
  [[nodiscard]] static double covariance(const Point& a, const Point& b, const Shape& shape);
  [[nodiscard]] static Cholesky factor_of(const std::vector<Point>& points, const Shape& shape);
  void fit_shape(std::size_t blocks);
  void fit_weights();
  [[nodiscard]] std::vector<double> covariances(const Pattern& pattern, const Point& point) const;
  /// [strategy of the block]: of what has the covariances `near(pattern)` with a pattern's points.
  template <class Near>
  [[nodiscard]] std::vector<double> deviations(std::size_t block, double variance, const Near& near) const;

  std::vector<std::vector<std::string>> strategies_;  ///< [block]
  std::vector<Pattern> patterns_;
  Shape shape_;
  double variance_ = 0.0;  ///< of the dependence on bytes
  std::size_t values_ = 0;
  double free_share_ = 1.0;  ///< of the values: a cell's add up to nothing, so with m strategies m - 1 are free
};

}  // namespace arbiter
