// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "common/engine_cells.hpp"

namespace arbiter::trtllm {

// TensorRT-LLM's ids of the strategies that its table may have: the names of the paths here.
inline constexpr const char* nccl_id = "0";
inline constexpr const char* one_shot_id = "4";
inline constexpr const char* two_shot_id = "5";
inline constexpr const char* nccl_symmetric_id = "8";

/// The point of the table that a problem rounds to: hidden_size and num_tokens down to powers of two; a fusion that
/// also writes the norm shares the point of the one that does not. Nothing for other fusions and sizes, and for other
/// tp_sizes than 2, 4 and 8: the engine reads the rows of the next smaller one for those, which has its own times.
[[nodiscard]] std::optional<Problem> bucket_of(const Problem& problem);

/// An id for each point of the table; the keys' dtype is bfloat16.
using BucketTable = std::map<Problem, std::string>;

/// TensorRT-LLM's rule around its table.
class Dispatch {
 public:
  /// Messages above `workspace` bytes go to NCCL, whatever the table says (TRTLLM_ALLREDUCE_FUSION_WORKSPACE_SIZE).
  explicit Dispatch(std::int64_t workspace) : workspace_(workspace) {}

  /// The id that TensorRT-LLM runs: NCCL above the workspace, then that of the point, NCCL outside the table.
  [[nodiscard]] std::string look_up(const BucketTable& table, const Problem& problem) const;

  /// Whether some table makes it run an id. Two-shot needs a token for each rank: with fewer the engine ends.
  [[nodiscard]] bool can_choose(const Problem& problem, const std::string& id) const;

  /// Whether the table is asked for some problem that rounds to a point.
  [[nodiscard]] bool reads(const Problem& point) const { return point.message_bytes() <= workspace_; }

 private:
  std::int64_t workspace_;
};

/// `shipped` with other ids in the blocks (one tp_size and fusion) that have cells. A point with measurements has the
/// id of least mean regret over all that round to it, among those with a time in each of them; ids within 1 % of the
/// least are equal, and then it is the shipped one, or the fastest. A point without has the answer of the heuristic lut
/// with look_up floor_log2 over `times`; beyond the measured range that of the nearest message size. A point whose
/// shipped id has no time in the block keeps it, as nothing can be compared with it. `times` has the same measurements
/// with ids as strategies. A reference knows no such ties.
[[nodiscard]] BucketTable fit_buckets(const std::vector<EngineCell>& cells, const Dataset& times,
                                      const BucketTable& shipped, const Dispatch& dispatch,
                                      FitFor purpose = FitFor::file);

}  // namespace arbiter::trtllm
