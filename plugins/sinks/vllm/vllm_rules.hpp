// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>

#include "arbiter/problem.hpp"

namespace arbiter::vllm {

/// The release whose rules these are.
inline constexpr const char* version = "0.33.0";

inline constexpr std::int64_t kib = 1024;
inline constexpr std::int64_t mib = 1024 * kib;

/// The paths of an AllReduce beside FlashInfer's one_shot and two_shot (common/flashinfer_rule.hpp).
inline constexpr const char* custom = "custom";
inline constexpr const char* symm_two_shot = "symm_two_shot";
inline constexpr const char* symm_multimem = "symm_multimem";
inline constexpr const char* nccl_symm_mem = "nccl_symm_mem";
inline constexpr const char* nccl = "nccl";

/// What vLLM finds where it runs.
struct Host {
  int sm = 90;
  int nodes = 1;
  bool multicast = false;      ///< of NVLink, without which it does not use PyTorch's symmetric memory
  bool mnnvl = false;          ///< FlashInfer's backend is mnnvl and not trtllm
  bool nccl_symm_mem = false;  ///< VLLM_USE_NCCL_SYMM_MEM=1
};

/// The numbers in vLLM's tables for one kind of GPU and tp size, in bytes. Nothing: the key is missing.
struct Sizes {
  std::optional<std::int64_t> fused;     ///< FI_ALLREDUCE_FUSION_MAX_SIZE_MB: FlashInfer, fused or not; inclusive
  std::optional<std::int64_t> one_shot;  ///< _FI_ALLREDUCE_ONE_SHOT_MAX_SIZES_MB: of the fused; inclusive
  std::optional<std::int64_t> mnnvl;     ///< FI_MNNVL_ALLREDUCE_MAX_SIZE_MB: FlashInfer without fusion; inclusive
  std::optional<std::int64_t> custom;    ///< CUSTOM_ALL_REDUCE_MAX_SIZES: exclusive
  std::optional<std::int64_t> symm_mem;  ///< SYMM_MEM_ALL_REDUCE_MAX_SIZES: inclusive
  /// custom_ar_preferred_ranges: NCCL's symmetric memory yields strictly between the two.
  std::optional<std::pair<std::int64_t, std::int64_t>> range;
};

/// Those that vLLM ships.
[[nodiscard]] Sizes shipped_sizes(int sm, int tp_size, int nodes);

/// Whether vLLM's own tables know the GPU: PyTorch's symmetric memory runs on no other, whatever is added.
[[nodiscard]] bool knows_symm_mem(int sm);
/// symm_two_shot or symm_multimem, as vLLM chooses by GPU and tp size.
[[nodiscard]] std::string symm_mem_path(int sm, int tp_size);
/// Whether vLLM asks FlashInfer at all for groups of that size.
[[nodiscard]] bool asks_flashinfer(const Host& host, int tp_size);
/// Whether it has a fused pattern for a fusion: residual and norm, alone or with static FP8 or NVFP4 on top.
[[nodiscard]] bool fuses(const std::string& fusion, int sm);

/// Bytes of the custom kernel's buffer, beyond which no value in the dict reaches.
inline constexpr std::int64_t custom_buffer = 8 * mib;
/// The largest limit of the fused one-shot kernel by vLLM's own rule.
[[nodiscard]] std::int64_t largest_one_shot(int tp_size);
/// What FlashInfer's workspace takes on each GPU for a limit.
[[nodiscard]] std::int64_t workspace_bytes(bool mnnvl, int tp_size, std::int64_t limit);

/// The path that vLLM takes, in its order. An empty name where it fails; another one without times ("unfused_mnnvl")
/// where it runs what cannot be measured as one operation.
[[nodiscard]] std::string path_of(const Problem& problem, const Host& host, const Sizes& sizes);

/// Whether some sizes make vLLM take a path for a problem; FlashInfer's at most up to `largest` bytes.
[[nodiscard]] bool can_choose(const Problem& problem, const std::string& path, const Host& host, std::int64_t largest);

}  // namespace arbiter::vllm
