#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace arbiter {

/// A grid whose cells each take one of a few labels.
struct LabelChoice {
  std::size_t rows = 0;
  std::size_t columns = 0;
  std::size_t labels = 0;
  std::vector<bool> allowed;   ///< [row][column][label]; at least one per cell
  std::vector<double> excess;  ///< [row][column][label]: what the label costs; read where it is allowed

  [[nodiscard]] std::size_t at(std::size_t cell, std::size_t label) const { return cell * labels + label; }
};

/// How good labels are: first few neighbours (along either axis) that differ, then little excess.
struct LabelCost {
  std::int64_t switches = 0;
  double excess = 0.0;

  friend auto operator<=>(const LabelCost&, const LabelCost&) = default;
  friend LabelCost operator+(const LabelCost& a, const LabelCost& b) {
    return {a.switches + b.switches, a.excess + b.excess};
  }
};

[[nodiscard]] LabelCost cost_of(const LabelChoice& choice, const std::vector<std::uint16_t>& labels);

/// Labels that no change of a single row or column makes better: exact dynamic programs over rows, then columns, given
/// their neighbours, from several starts until nothing changes. Exact for grids of one row or column. Deterministic.
[[nodiscard]] std::vector<std::uint16_t> simplest_labels(const LabelChoice& choice);

}  // namespace arbiter
