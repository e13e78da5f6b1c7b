// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <optional>
#include <string>

#include "arbiter/dataset.hpp"

namespace arbiter::trtllm {

/// The point of the table that a problem rounds to: hidden_size and num_tokens down to powers of two; a fusion that
/// also writes the norm shares the point of the one that does not. Nothing outside the table, where TensorRT-LLM takes
/// NCCL.
[[nodiscard]] std::optional<Problem> bucket_of(const Problem& problem);

/// The id ("0", "4", "5", "8") of each measured point; the keys' dtype is bfloat16.
using BucketTable = std::map<Problem, std::string>;

/// Of the ids that TensorRT-LLM may run at a point, the one with the least total relative time over all measurements
/// that round to it. `paths` has the ids as names of strategies.
[[nodiscard]] BucketTable fit_buckets(const Dataset& paths);

/// The id that TensorRT-LLM runs for a problem: that of its point, or NCCL's.
[[nodiscard]] std::string look_up(const BucketTable& table, const Problem& problem);

}  // namespace arbiter::trtllm
