#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "common/cell_block.hpp"
#include "lp/excess.hpp"

namespace arbiter {

/// The rule engines hold per (SM, tp): NCCL from a number of tokens on, else TWOSHOT from a number of elements on, else
/// ONESHOT.
struct EngineThresholds {
  static constexpr std::int64_t never = -1;

  int tp_size = 0;
  std::int64_t nccl_num_tokens = never;
  std::int64_t two_shot_numel = never;
  Excess excess;  ///< over the best of all measured strategies

  /// "NCCL_num_token_threshold 4096, TWO_SHOT_numel_threshold 262144"
  [[nodiscard]] std::string text() const;
};

/// The best pair for all blocks of one tp size, whatever their fusion and dtype; every pair of measured values is
/// tried. Nothing unless NCCL, ONESHOT and TWOSHOT were all measured.
[[nodiscard]] std::optional<EngineThresholds> engine_thresholds(const std::vector<const CellBlock*>& blocks);

}  // namespace arbiter
