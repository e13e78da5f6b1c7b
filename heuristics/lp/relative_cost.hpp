// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "common/cell_block.hpp"

namespace arbiter {

/// The relative times of a block's measured cells: the costs that the linear programs minimise.
struct RelativeCosts {
  static constexpr double missing = -1.0;

  std::vector<std::size_t> cells;  ///< the block's cells in which a strategy of the order was measured
  std::vector<double> cost;        ///< [index into `cells`][strategy]: time / best time of any strategy, or `missing`
};

[[nodiscard]] RelativeCosts relative_costs(const CellBlock& block, const std::vector<std::string>& order);

/// Replaces `missing` by a penalty so large that one missing choice costs more than any labelling without one. Returns
/// the penalty.
double penalise_missing(std::vector<double>& costs, std::size_t strategies);

/// The cheapest strategy of entry `entry` of costs [entry][strategy]; the first one on a tie.
[[nodiscard]] std::size_t cheapest_of(const std::vector<double>& costs, std::size_t entry, std::size_t strategies);

/// The strategies of an order as columns of a block.
class OrderInBlock {
 public:
  OrderInBlock(const CellBlock& block, const std::vector<std::string>& order);

  /// The row of the strategy at one position of the order; null if it has no usable one in the cell.
  [[nodiscard]] const Measurement* row(std::size_t cell, std::size_t position) const;
  /// Its time / best time, or RelativeCosts::missing.
  [[nodiscard]] double cost(std::size_t cell, std::size_t position) const;

 private:
  static constexpr std::size_t absent = static_cast<std::size_t>(-1);
  const CellBlock& block_;
  std::vector<std::size_t> strategy_;
};

/// The measured cells of one (tp, fusion), of all dtypes, grouped by message size: a rule in bytes has one choice for
/// each group.
struct SizeGroups {
  struct Member {
    const CellBlock* block;
    std::size_t cell;
    std::size_t group;  ///< index into `bytes`
  };

  std::vector<std::int64_t> bytes;  ///< ascending
  std::vector<Member> members;
  std::vector<double> cost;         ///< [group][strategy]: sum of its members' costs
  std::vector<double> member_cost;  ///< [member][strategy]: time / best time; missing ones are penalised
};

/// `blocks` are those of one (tp, fusion).
[[nodiscard]] SizeGroups size_groups(const std::vector<const CellBlock*>& blocks,
                                     const std::vector<std::string>& order);

/// The regret of a rule's choices, time(chosen) / time(best) - 1, over the cells of its data.
class Excess {
 public:
  /// Adds a cell by its time(chosen) / time(best).
  void add(double cost);
  void add_unmeasured() { ++unmeasured_; }

  [[nodiscard]] std::size_t cells() const { return cells_; }  ///< whose choice has a time
  [[nodiscard]] std::size_t unmeasured() const { return unmeasured_; }
  [[nodiscard]] double mean() const { return cells_ == 0 ? 0.0 : sum_ / static_cast<double>(cells_); }
  [[nodiscard]] double worst() const { return worst_; }

  /// "mean 0.20 %, worst 11.98 % above the best of 105 cells"
  [[nodiscard]] std::string text() const;

 private:
  std::size_t cells_ = 0;
  std::size_t unmeasured_ = 0;
  double sum_ = 0.0;
  double worst_ = 0.0;
};

}  // namespace arbiter
