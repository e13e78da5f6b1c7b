// SPDX-License-Identifier: Apache-2.0
#include "common/flashinfer_rule.hpp"

namespace arbiter::flashinfer {

namespace {

constexpr std::int64_t one_shot_buffer = 2046 * mib;  // the largest int, down to a multiple of 2 MiB
constexpr std::int64_t mnnvl_one_shot = mib;          // of the messages of all ranks together

std::int64_t of_all_ranks(const Problem& problem) { return problem.message_bytes() * problem.tp_size; }

}  // namespace

std::optional<std::int64_t> shipped_mib(int tp_size) {
  switch (tp_size) {
    case 2: return 512;
    case 4: return 64;
    case 8: return 42;
    default: return std::nullopt;
  }
}

std::int64_t traffic(const Problem& problem) { return of_all_ranks(problem) * 2; }

std::string kernel_of(const Problem& problem, bool in_one_shot) {
  if (in_one_shot) return of_all_ranks(problem) <= one_shot_buffer ? one_shot : two_shot;
  return problem.num_tokens > problem.tp_size ? two_shot : "";
}

std::string kernel_by_traffic(const Problem& problem, std::optional<std::int64_t> limit_mib) {
  if (!limit_mib) return "";
  return kernel_of(problem, traffic(problem) <= *limit_mib * mib);
}

std::string kernel_of_mnnvl(const Problem& problem) {
  return of_all_ranks(problem) <= mnnvl_one_shot ? one_shot : two_shot;
}

std::int64_t least_one_shot_bytes(int tp_size, std::int64_t widest, DType dtype) {
  return tp_size * widest * size_of(dtype);
}

}  // namespace arbiter::flashinfer
