// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "trtllm_table/bucket_table.hpp"

namespace arbiter::trtllm {

/// What shipped_table() was read in, for heads of files.
inline constexpr const char* shipped_version = "TensorRT-LLM after 1.2 (its main branch in 2026)";

/// The table that TensorRT-LLM compiles in, all points of it: of GPUs before Blackwell (`sm` < 100) or later ones.
[[nodiscard]] BucketTable shipped_table(int sm);

}  // namespace arbiter::trtllm
