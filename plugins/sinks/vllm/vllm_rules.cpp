// SPDX-License-Identifier: Apache-2.0
#include "vllm/vllm_rules.hpp"

#include <algorithm>
#include <array>

#include "common/flashinfer_rule.hpp"

namespace arbiter::vllm {

namespace {

template <std::size_t N>
bool is_one_of(int value, const std::array<int, N>& values) {
  return std::ranges::find(values, value) != values.end();
}

/// The custom kernel runs within a node, on multiples of 16 bytes that are smaller than its buffer.
bool custom_takes(const Problem& problem, const Host& host) {
  return host.nodes == 1 && is_one_of(problem.tp_size, std::array{2, 4, 6, 8}) && problem.message_bytes() % 16 == 0 &&
         problem.message_bytes() < custom_buffer;
}

bool symm_mem_takes(const Problem& problem, const Host& host) {
  return host.multicast && knows_symm_mem(host.sm) && is_one_of(problem.tp_size, std::array{2, 4, 6, 8}) &&
         problem.dtype == DType::bfloat16 && problem.message_bytes() % 4 == 0;
}

/// FlashInfer's kernel where nothing is fused, which it chooses by its own table.
std::string flashinfer_alone(const Problem& problem, const Host& host) {
  return host.mnnvl ? flashinfer::kernel_of_mnnvl(problem)
                    : flashinfer::kernel_by_traffic(problem, flashinfer::shipped_mib(problem.tp_size));
}

std::string fused_kernel(const Problem& problem, const Host& host, const Sizes& sizes) {
  if (host.mnnvl) return flashinfer::kernel_of_mnnvl(problem);
  // Without a value it is always one shot.
  return flashinfer::kernel_of(problem, !sizes.one_shot || problem.message_bytes() <= *sizes.one_shot);
}

/// A limit of 0 turns FlashInfer off.
bool is_within(std::int64_t bytes, std::optional<std::int64_t> limit) { return limit.value_or(0) >= bytes; }

bool takes_flashinfer_alone(const Problem& problem, const Host& host, const Sizes& sizes) {
  if (!asks_flashinfer(host, problem.tp_size) || sizes.fused.value_or(0) == 0) return false;
  return is_within(problem.message_bytes(), host.mnnvl && sizes.mnnvl ? sizes.mnnvl : sizes.fused);
}

bool prefers_nccl_symm_mem(const Problem& problem, const Host& host, const Sizes& sizes) {
  if (!host.nccl_symm_mem || problem.tp_size < 4) return false;
  if (!sizes.range) return problem.tp_size > 8;
  return problem.message_bytes() <= sizes.range->first || problem.message_bytes() >= sizes.range->second;
}

std::string after_flashinfer(const Problem& problem, const Host& host, const Sizes& sizes) {
  const std::int64_t bytes = problem.message_bytes();
  if (prefers_nccl_symm_mem(problem, host, sizes)) return nccl_symm_mem;
  // Its own table counts only where symmetric memory is on.
  const bool by_table = host.multicast && knows_symm_mem(host.sm) && sizes.symm_mem && sizes.custom;
  if (custom_takes(problem, host) && (!by_table || bytes < *sizes.custom)) return custom;
  if (symm_mem_takes(problem, host) && is_within(bytes, sizes.symm_mem)) {
    return symm_mem_path(host.sm, problem.tp_size);
  }
  return nccl;
}

}  // namespace

bool knows_symm_mem(int sm) { return is_one_of(sm, std::array{90, 100, 103, 107}); }

std::string symm_mem_path(int sm, int tp_size) {
  const bool multimem = sm == 90 ? is_one_of(tp_size, std::array{4, 6, 8}) : is_one_of(tp_size, std::array{6, 8});
  return multimem ? symm_multimem : symm_two_shot;
}

bool asks_flashinfer(const Host& host, int tp_size) {
  // FlashInfer's own table has no 16, which the backend mnnvl does not read.
  if (!is_one_of(tp_size, std::array{2, 4, 8}) && !(tp_size == 16 && host.mnnvl)) return false;
  return host.nodes == 1 || (host.mnnvl && host.sm >= 100);
}

bool fuses(const std::string& fusion, int sm) {
  return fusion == "RESIDUAL_RMS_NORM" || fusion == "RESIDUAL_RMS_NORM_QUANT_FP8" ||
         (fusion == "RESIDUAL_RMS_NORM_QUANT_NVFP4" && sm >= 100);
}

std::int64_t largest_one_shot(int tp_size) { return 64 * mib / tp_size; }

std::int64_t workspace_bytes(bool mnnvl, int tp_size, std::int64_t limit) {
  // mnnvl: three buffers of two stages. trtllm: a buffer for two shots and three for one, each for all ranks.
  return mnnvl ? limit * 6 : limit * tp_size * 4;
}

std::string path_of(const Problem& problem, const Host& host, const Sizes& sizes) {
  if (problem.fusion == "NONE") {
    if (takes_flashinfer_alone(problem, host, sizes)) return flashinfer_alone(problem, host);
    return after_flashinfer(problem, host, sizes);
  }
  if (asks_flashinfer(host, problem.tp_size) && is_within(problem.message_bytes(), sizes.fused)) {
    return fused_kernel(problem, host, sizes);
  }
  if (takes_flashinfer_alone(problem, host, sizes)) return "unfused_mnnvl";
  return after_flashinfer(problem, host, sizes);
}

bool can_choose(const Problem& problem, const std::string& path, const Host& host, std::int64_t largest) {
  const std::int64_t bytes = problem.message_bytes();
  if (path == custom) return custom_takes(problem, host);
  if (path == symm_two_shot || path == symm_multimem) {
    return symm_mem_takes(problem, host) && path == symm_mem_path(host.sm, problem.tp_size);
  }
  if (path == nccl_symm_mem) return host.nccl_symm_mem && problem.tp_size >= 4;
  // Where the custom kernel's table does not count, its kernel takes all that it can.
  if (path == nccl) return !custom_takes(problem, host) || symm_mem_takes(problem, host);
  if (!asks_flashinfer(host, problem.tp_size) || bytes > largest) return false;
  if (problem.fusion == "NONE") return path == flashinfer_alone(problem, host);
  if (host.mnnvl) return path == flashinfer::kernel_of_mnnvl(problem);
  const bool in_one_shot = path == flashinfer::one_shot;
  return path == flashinfer::kernel_of(problem, in_one_shot) &&
         (!in_one_shot || bytes <= largest_one_shot(problem.tp_size));
}

}  // namespace arbiter::vllm
