#pragma once

#include <map>
#include <optional>
#include <string>

#include "arbiter/dataset.hpp"

namespace arbiter::trtllm {

/// The point of the table that answers for a problem: hidden size and tokens are rounded down to powers of two, and
/// a fusion that also writes the norm shares the point of the one that does not. Nothing for what the table has no
/// place for, where TensorRT-LLM takes NCCL.
[[nodiscard]] std::optional<Problem> bucket_of(const Problem& problem);

/// The strategy of each point that something was measured for: of those TensorRT-LLM may take there, the one with the
/// least total relative time over all measurements the point answers for. The dtype of the keys is bfloat16.
/// `paths` has the numbers in tables as names: "0", "4", "5", "8".
using BucketTable = std::map<Problem, std::string>;
[[nodiscard]] BucketTable fit_buckets(const Dataset& paths);

/// What TensorRT-LLM takes for a problem: the point's number, NCCL's where there is none.
[[nodiscard]] std::string look_up(const BucketTable& table, const Problem& problem);

}  // namespace arbiter::trtllm
