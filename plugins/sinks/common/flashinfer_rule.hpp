// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "arbiter/problem.hpp"

namespace arbiter::flashinfer {

/// The release whose rules these are; vLLM calls them too.
inline constexpr const char* version = "0.7.2";

inline constexpr std::int64_t mib = std::int64_t{1024} * 1024;
inline constexpr const char* one_shot = "one_shot";
inline constexpr const char* two_shot = "two_shot";

/// FlashInfer's own value of _use_oneshot_heuristics for a tp size; nothing for those that the dict lacks.
[[nodiscard]] std::optional<std::int64_t> shipped_mib(int tp_size);

/// The bytes that all ranks send and receive together: what the dict limits.
[[nodiscard]] std::int64_t traffic(const Problem& problem);

/// The kernel of the backend trtllm that runs if one shot is asked for, or two. Two shots need more tokens than ranks:
/// an empty name where FlashInfer stops. Where the ranks' messages together exceed the buffer of one shot, which an int
/// counts, two shots run instead.
[[nodiscard]] std::string kernel_of(const Problem& problem, bool in_one_shot);

/// The same by the dict, with `limit_mib` as its value; without a value FlashInfer stops.
[[nodiscard]] std::string kernel_by_traffic(const Problem& problem, std::optional<std::int64_t> limit_mib);

/// The kernel that the backend mnnvl chooses for itself.
[[nodiscard]] std::string kernel_of_mnnvl(const Problem& problem);

/// The smallest message that two shots may be left with: that of `tp_size` tokens of the widest model.
[[nodiscard]] std::int64_t least_one_shot_bytes(int tp_size, std::int64_t widest, DType dtype);

}  // namespace arbiter::flashinfer
