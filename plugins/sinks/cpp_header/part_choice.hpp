#pragma once

#include <array>
#include <string>
#include <vector>

#include "arbiter/decision_table.hpp"

namespace arbiter {

inline constexpr std::array<DType, 3> message_dtypes = {DType::bfloat16, DType::float16, DType::float32};

/// Which grid (or steps) answers for a (tp size, fusion) and each message dtype: an index into the table's, or -1.
struct PartChoice {
  int tp_size = 0;
  std::string fusion;
  std::array<int, message_dtypes.size()> grids;
  std::array<int, message_dtypes.size()> steps;
};

/// Of every (tp size, fusion) the table has; as the library chooses.
[[nodiscard]] std::vector<PartChoice> part_choices(const DecisionTable& table);

}  // namespace arbiter
