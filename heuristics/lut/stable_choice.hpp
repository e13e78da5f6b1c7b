// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "common/cell_block.hpp"
#include "lut/ratio_surface.hpp"

namespace arbiter {

/// Chooses strategies so that noise does not decide: by estimates that borrow strength from neighbours (RatioSurface),
/// and where those tie, the strategy that is best over the whole block.
///
/// Keeps references to the block and the surface, which must outlive it. Thread-safe.
class StableChoice {
 public:
  /// `index`: the block's number in the surface. `tie_percent`: see tie().
  StableChoice(const CellBlock& block, const RatioSurface& surface, std::size_t index, double tie_percent);

  [[nodiscard]] const CellBlock& block() const { return block_; }

  /// The choice at a shape among the candidates, [strategy], of which there must be at least one.
  [[nodiscard]] std::uint16_t at(double hidden_size, double num_tokens, const std::vector<bool>& candidates) const;

  /// How much slower `strategy` may be than `best` at a shape to tie with it, as a difference of log times.
  ///
  /// It is `tie_percent` where their difference is known to 1.5 %, about the spread of repeats, and grows faster than
  /// that uncertainty, up to 5 %. It is 0 where their curves cross steeply: there a choice by the estimate is stable.
  [[nodiscard]] double tie(std::size_t strategy, std::size_t best, double hidden_size, double num_tokens) const;
  /// Whether `a` is to be preferred in a tie with `b`: measured in more cells of the block, or in as many and better
  /// over them. It can answer for more cells, so tables are simpler.
  [[nodiscard]] bool prefers(std::size_t a, std::size_t b) const {
    return cells_[a] != cells_[b] ? cells_[a] > cells_[b] : excess_[a] < excess_[b];
  }
  /// [strategy]: log(time) up to a shared term, as estimated.
  [[nodiscard]] std::vector<double> log_ratios(double hidden_size, double num_tokens) const {
    return surface_.log_ratios(index_, hidden_size, num_tokens);
  }

 private:
  /// How many standard deviations the difference of two strategies changes, from half to double of either size.
  [[nodiscard]] double steepness(std::size_t a, std::size_t b, double hidden_size, double num_tokens) const;

  const CellBlock& block_;
  const RatioSurface& surface_;
  std::size_t index_;
  double tie_percent_;
  std::vector<std::size_t> cells_;  ///< [strategy]: measured
  std::vector<double> excess_;      ///< [strategy]: sum over them, of the estimates above the cell's least
};

/// The candidates, [strategy], for which `excluded(strategy)` is false; all candidates if it is true for each of them.
template <class Excluded>
[[nodiscard]] std::vector<bool> without(const std::vector<bool>& candidates, Excluded excluded) {
  std::vector<bool> safe;
  for (std::size_t k = 0; k < candidates.size(); ++k) safe.push_back(candidates[k] && !excluded(k));
  return std::ranges::find(safe, true) == safe.end() ? candidates : safe;
}

/// [strategy]: those with a time in a measured cell. Without those that failed there or in a neighbour, if there are
/// others: what crashed next door is not worth the risk.
[[nodiscard]] std::vector<bool> candidates_in(const CellBlock& block, std::size_t cell);
/// [strategy]: whether it has a time in every cell around a shape.
[[nodiscard]] std::vector<bool> measured_around(const CellBlock& block, std::int64_t hidden_size,
                                                std::int64_t num_tokens);
/// [strategy]: those with a time in every measured cell around a shape, or if there is none, in the nearest measured
/// cell. Likewise without those that failed around.
[[nodiscard]] std::vector<bool> candidates_around(const CellBlock& block, std::int64_t hidden_size,
                                                  std::int64_t num_tokens);

}  // namespace arbiter
