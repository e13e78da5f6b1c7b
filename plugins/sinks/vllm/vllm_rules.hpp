// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <utility>

#include "arbiter/dataset.hpp"
#include "common/engine_data.hpp"

namespace arbiter::vllm {

/// The paths of an AllReduce without fusion, in the order in which vLLM tries them.
inline constexpr const char* nccl_symm_mem = "nccl_symm_mem";
inline constexpr const char* custom = "custom";
inline constexpr const char* symm_mem = "symm_mem";
inline constexpr const char* nccl = "nccl";
/// The paths of one with residual and norm: FlashInfer's fused kernels, or NCCL followed by separate kernels.
inline constexpr const char* one_shot = "one_shot";
inline constexpr const char* two_shot = "two_shot";
inline constexpr const char* unfused = "unfused";

/// Exclusive upper limits in bytes: a message takes the custom kernel, else symmetric memory, else NCCL.
struct PlainSizes {
  std::int64_t custom = 0;
  std::optional<std::int64_t> symm_mem;  ///< nothing if it was not measured
};
[[nodiscard]] PlainSizes fit_plain(const Dataset& paths);
[[nodiscard]] EngineRule rule_of(const PlainSizes& sizes);

/// Bytes of the custom kernel's buffer by vLLM's default, which a larger value in the dict does not enlarge.
inline constexpr std::int64_t custom_buffer = 8'388'608;
/// The sizes as that buffer limits them.
[[nodiscard]] PlainSizes within_buffer(const PlainSizes& sizes);

/// The messages for which NCCL's symmetric memory yields to the paths after it: strictly between two sizes in bytes.
using PreferredRange = std::pair<std::int64_t, std::int64_t>;
[[nodiscard]] PreferredRange fit_range(const Dataset& paths, const PlainSizes& sizes);
[[nodiscard]] EngineRule rule_of(const PreferredRange& range, const PlainSizes& sizes);

/// Inclusive upper limits in bytes: one-shot, then two-shot up to `fused`, then unfused.
struct FusedSizes {
  std::int64_t one_shot = 0;
  std::int64_t fused = 0;
};
[[nodiscard]] FusedSizes fit_fused(const Dataset& paths);
[[nodiscard]] EngineRule rule_of(const FusedSizes& sizes);

}  // namespace arbiter::vllm
