#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "common/cell_block.hpp"

namespace arbiter {

/// All measured cells of one (tp, fusion), whatever their dtype, by message size: what a rule in bytes can tell apart.
struct SizeGroups {
  struct Member {
    const CellBlock* block;
    std::size_t cell;
    std::size_t group;  ///< index into `bytes`
  };

  std::vector<std::int64_t> bytes;  ///< ascending
  std::vector<Member> members;
  std::vector<double> cost;         ///< [group][strategy]: sum over members of time / best time, missing ones penalised
  std::vector<double> member_cost;  ///< [member][strategy], the same before summing
};

/// `blocks` are those of one (tp, fusion).
[[nodiscard]] SizeGroups size_groups(const std::vector<const CellBlock*>& blocks,
                                     const std::vector<std::string>& order);

}  // namespace arbiter
