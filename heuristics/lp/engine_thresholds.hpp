// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "common/cell_block.hpp"
#include "lp/relative_cost.hpp"

namespace arbiter {

/// The rule of TensorRT-LLM per (SM, tp): NCCL from nccl_num_tokens tokens, else TWOSHOT from two_shot_numel elements,
/// else ONESHOT.
struct EngineThresholds {
  static constexpr std::int64_t never = -1;

  int tp_size = 0;
  std::int64_t nccl_num_tokens = never;
  std::int64_t two_shot_numel = never;
  Excess excess;  ///< relative to the best of all measured strategies

  /// "NCCL_num_token_threshold 4096, TWO_SHOT_numel_threshold 262144"
  [[nodiscard]] std::string text() const;
};

/// The best of all pairs of measured values for the blocks of one tp size, of all fusions and dtypes. Empty unless
/// NCCL, ONESHOT and TWOSHOT were all measured.
[[nodiscard]] std::optional<EngineThresholds> engine_thresholds(const std::vector<const CellBlock*>& blocks);

}  // namespace arbiter
