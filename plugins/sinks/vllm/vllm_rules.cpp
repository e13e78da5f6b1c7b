// SPDX-License-Identifier: Apache-2.0
#include "vllm/vllm_rules.hpp"

#include <algorithm>

#include "common/byte_cuts.hpp"

namespace arbiter::vllm {

namespace {

constexpr std::int64_t mib = std::int64_t{1024} * 1024;
// Each kernel takes multiples of its step, so the next size it could take is one step larger.
constexpr std::int64_t custom_step = 16;
constexpr std::int64_t symm_mem_step = 4;

bool custom_takes(const Problem& problem) { return problem.message_bytes() % custom_step == 0; }

bool symm_mem_takes(const Problem& problem) {
  return problem.dtype == DType::bfloat16 && problem.message_bytes() % symm_mem_step == 0;
}

/// FlashInfer's own limits.
bool one_shot_takes(const Problem& problem) { return problem.message_bytes() <= 64 * mib / problem.tp_size; }
bool two_shot_takes(const Problem& problem) { return problem.num_tokens > problem.tp_size; }

std::string fused_path(const Problem& problem, bool in_one_shot) {
  if (in_one_shot) return one_shot_takes(problem) ? one_shot : "none";
  return two_shot_takes(problem) ? two_shot : "none";
}

}  // namespace

PlainSizes fit_plain(const Dataset& paths) {
  const bool has_symm_mem = has_times(paths, symm_mem);
  const auto after_custom = [&](const Problem& problem, bool below_symm_mem) -> std::string {
    return below_symm_mem && has_symm_mem && symm_mem_takes(problem) ? symm_mem : nccl;
  };
  const auto path = [&](const Problem& problem, std::size_t answer) -> std::string {
    return answer == 0 && custom_takes(problem) ? custom : after_custom(problem, answer <= 1);
  };
  PlainSizes sizes{best_cuts(size_costs(paths, 3, path)).front() + custom_step, std::nullopt};
  if (!has_symm_mem) return sizes;
  // Symmetric memory is also fitted to the messages that exceed the custom kernel's buffer.
  const EngineRule first = rule_of(within_buffer(sizes));
  const auto rest = [&](const Problem& problem, std::size_t answer) {
    std::string taken = first(problem);
    return taken == custom ? taken : after_custom(problem, answer == 0);
  };
  sizes.symm_mem = best_cuts(size_costs(paths, 2, rest)).front() + symm_mem_step;
  return sizes;
}

PlainSizes within_buffer(const PlainSizes& sizes) { return {std::min(sizes.custom, custom_buffer), sizes.symm_mem}; }

EngineRule rule_of(const PlainSizes& sizes) {
  return [sizes](const Problem& problem) -> std::string {
    const std::int64_t bytes = problem.message_bytes();
    if (custom_takes(problem) && bytes < sizes.custom) return custom;
    return symm_mem_takes(problem) && bytes < sizes.symm_mem.value_or(0) ? symm_mem : nccl;
  };
}

PreferredRange fit_range(const Dataset& paths, const PlainSizes& sizes) {
  const EngineRule after = rule_of(sizes);
  const auto path = [&](const Problem& problem, std::size_t answer) -> std::string {
    return answer == 1 ? after(problem) : nccl_symm_mem;
  };
  const std::vector<std::int64_t> cuts = best_cuts(size_costs(paths, 3, path));
  return cuts[0] == cuts[1] ? PreferredRange{0, 0} : PreferredRange{cuts[0], cuts[1] + 1};
}

EngineRule rule_of(const PreferredRange& range, const PlainSizes& sizes) {
  return [range, after = rule_of(sizes)](const Problem& problem) -> std::string {
    const std::int64_t bytes = problem.message_bytes();
    return bytes <= range.first || bytes >= range.second ? nccl_symm_mem : after(problem);
  };
}

FusedSizes fit_fused(const Dataset& paths) {
  const auto path = [](const Problem& problem, std::size_t answer) -> std::string {
    return answer == 2 ? unfused : fused_path(problem, answer == 0);
  };
  const std::vector<std::int64_t> cuts = best_cuts(size_costs(paths, 3, path));
  return {cuts[0], cuts[1]};
}

EngineRule rule_of(const FusedSizes& sizes) {
  return [sizes](const Problem& problem) -> std::string {
    const std::int64_t bytes = problem.message_bytes();
    return bytes > sizes.fused ? unfused : fused_path(problem, bytes <= sizes.one_shot);
  };
}

}  // namespace arbiter::vllm
