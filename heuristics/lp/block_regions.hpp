#pragma once

#include <cstdint>
#include <string>

#include "lp/region_labels.hpp"

namespace arbiter {

enum class Monotone : std::uint8_t {
  automatic,  ///< while no cell is more than `limit` above its best, noise aside
  always,
  never,
};

struct MonotoneRule {
  Monotone monotone = Monotone::automatic;
  double limit = 0.05;
};

/// The regions of one block and, if they are not monotone, why.
struct BlockRegions {
  RegionLabels labels;
  bool monotone = true;
  std::string why_not;
};

/// Without monotone regions, each step by which the choice falls between neighbours costs as much as 0.5 % of one
/// cell's time, so that noise makes no islands.
[[nodiscard]] BlockRegions block_regions(const CellBlock& block, const std::vector<std::string>& order,
                                         const MonotoneRule& rule);

}  // namespace arbiter
