// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace arbiter {

/// A grid whose cells each take one of a few labels.
struct LabelChoice {
  std::size_t rows = 0;
  std::size_t columns = 0;
  std::size_t labels = 0;
  std::vector<bool> allowed;   ///< [cell][label], cells row major; simplest_labels() needs at least one per cell
  std::vector<double> excess;  ///< [cell][label]: the cost of the label; read only where it is allowed

  /// No label allowed yet, at no cost.
  [[nodiscard]] static LabelChoice of(std::size_t rows, std::size_t columns, std::size_t labels) {
    const std::size_t size = rows * columns * labels;
    return {rows, columns, labels, std::vector<bool>(size, false), std::vector<double>(size, 0.0)};
  }
  [[nodiscard]] std::size_t at(std::size_t cell, std::size_t label) const { return cell * labels + label; }
  /// [label]
  [[nodiscard]] std::vector<bool> allowed_in(std::size_t cell) const;
  void allow(std::size_t cell, const std::vector<bool>& labels_of_cell);
};

/// The cost of a labelling: first the number of neighbours (along either axis) with different labels, then the excess.
struct LabelCost {
  std::int64_t switches = 0;
  double excess = 0.0;

  friend auto operator<=>(const LabelCost&, const LabelCost&) = default;
  friend LabelCost operator+(const LabelCost& a, const LabelCost& b) {
    return {a.switches + b.switches, a.excess + b.excess};
  }
};

[[nodiscard]] LabelCost cost_of(const LabelChoice& choice, const std::vector<std::uint16_t>& labels);

/// A labelling of low cost by block coordinate descent (iterated conditional modes over lines): a dynamic program finds
/// the best labels of one row given its neighbours, for all rows, then all columns, until nothing improves; the best of
/// three starts. Exact for grids of one row or column. Deterministic.
[[nodiscard]] std::vector<std::uint16_t> simplest_labels(const LabelChoice& choice);

}  // namespace arbiter
