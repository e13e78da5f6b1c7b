// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "arbiter/dataset.hpp"
#include "arbiter/decision_table.hpp"
#include "common/cell_block.hpp"
#include "lut/ratio_surface.hpp"
#include "lut/stable_choice.hpp"

namespace arbiter {

/// The fastest strategy of each measured cell.
[[nodiscard]] DecisionGrid argmin_grid(const CellBlock& block);

/// The same for each (tp, fusion) of a dataset, over all dtypes and ops; the first row wins a tie. Throws DataError if
/// no row is usable.
[[nodiscard]] std::vector<DecisionGrid> argmin_grids(const Dataset& dataset);

/// The blocks of a dataset and the surfaces fitted to them. Not copyable: choices refer to it.
class StableFit {
 public:
  /// One surface for the blocks of a tp size and dtype, but for each block if they have more than `most_cells`
  /// together. Throws DataError if no row is usable.
  StableFit(const Dataset& dataset, double tie_percent, std::size_t most_cells = RatioSurface::most_cells);
  StableFit(const StableFit&) = delete;
  StableFit& operator=(const StableFit&) = delete;

  [[nodiscard]] const std::vector<StableChoice>& choices() const { return choices_; }
  /// Those with a time.
  [[nodiscard]] std::size_t cells() const;
  /// "0.9 %", or "0.6 to 1.3 %": the noise of a measured time, over the surfaces.
  [[nodiscard]] std::string noise_text() const;

 private:
  std::vector<CellBlock> blocks_;
  std::vector<std::unique_ptr<const RatioSurface>> surfaces_;
  std::vector<StableChoice> choices_;  ///< one for each block
};

/// The stable choice in each cell of the block. Unmeasured cells are answered too, from the measured ones around them.
[[nodiscard]] DecisionGrid stable_grid(const StableChoice& choice);

/// The stable table of one block refined: on axes four times as dense (dense_axis()). Only strategies that
/// stable_grid() has somewhere are named.
[[nodiscard]] DecisionGrid refined_grid(const StableChoice& choice);

/// How a grid on the block's own axes differs from the fastest measured strategy of each cell.
struct GridCounts {
  std::size_t measured = 0;     ///< cells with a time
  std::size_t not_fastest = 0;  ///< of them, those whose strategy is not the fastest
  std::size_t avoided = 0;      ///< of those, the ones whose fastest strategy failed in the cell or a neighbour
  std::size_t filled = 0;       ///< cells without a time
};
[[nodiscard]] GridCounts counts_of(const DecisionGrid& grid, const CellBlock& block);

}  // namespace arbiter
