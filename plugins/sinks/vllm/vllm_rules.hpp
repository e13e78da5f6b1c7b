#pragma once

#include <cstdint>
#include <optional>
#include <utility>

#include "arbiter/dataset.hpp"
#include "common/engine_rule.hpp"

namespace arbiter::vllm {

/// The paths of an AllReduce that nothing is fused into, in the order vLLM asks them.
inline constexpr const char* nccl_symm_mem = "nccl_symm_mem";
inline constexpr const char* custom = "custom";
inline constexpr const char* symm_mem = "symm_mem";
inline constexpr const char* nccl = "nccl";
/// The paths of one with residual and norm: FlashInfer's fused kernels, or NCCL and the rest as kernels of its own.
inline constexpr const char* one_shot = "one_shot";
inline constexpr const char* two_shot = "two_shot";
inline constexpr const char* unfused = "unfused";

/// Sizes in bytes, both used below their number: a message takes the custom kernel, else symmetric memory, else NCCL.
struct PlainSizes {
  std::int64_t custom = 0;
  std::optional<std::int64_t> symm_mem;  ///< nothing if that path was not measured
};
[[nodiscard]] PlainSizes fit_plain(const Dataset& paths);
[[nodiscard]] EngineRule rule_of(const PlainSizes& sizes);

/// The custom kernel's buffer, which a larger number in the table does not enlarge: as vLLM makes it unless told
/// otherwise.
inline constexpr std::int64_t custom_buffer = 8'388'608;
/// The same sizes under that limit.
[[nodiscard]] PlainSizes within_buffer(const PlainSizes& sizes);

/// Where NCCL's symmetric memory yields to the paths after it: strictly between the two sizes in bytes.
using PreferredRange = std::pair<std::int64_t, std::int64_t>;
[[nodiscard]] PreferredRange fit_range(const Dataset& paths, const PlainSizes& sizes);
[[nodiscard]] EngineRule rule_of(const PreferredRange& range, const PlainSizes& sizes);

/// Sizes in bytes, both inclusive: one-shot up to the first, two-shot up to the second, unfused above.
struct FusedSizes {
  std::int64_t one_shot = 0;
  std::int64_t fused = 0;
};
[[nodiscard]] FusedSizes fit_fused(const Dataset& paths);
[[nodiscard]] EngineRule rule_of(const FusedSizes& sizes);

}  // namespace arbiter::vllm
