// SPDX-License-Identifier: Apache-2.0
#include "vllm/vllm_rules.hpp"

#include <gtest/gtest.h>

#include "support/decisions_data.hpp"

namespace arbiter::test {

namespace {

using vllm::kib;
using vllm::mib;

/// A message of so many bytes in rows of 16 KiB, or less in one row.
Problem message(int tp_size, std::int64_t bytes, const std::string& fusion = "NONE", DType dtype = DType::bfloat16) {
  const std::int64_t row = bytes % (16 * kib) == 0 ? 16 * kib : bytes;
  return {tp_size, dtype, fusion, row / size_of(dtype), bytes / row};
}

constexpr const char* norm = "RESIDUAL_RMS_NORM";
const vllm::Host plain{.sm = 90};
const vllm::Host with_multicast{.sm = 90, .multicast = true};

std::string shipped_path(const Problem& problem, const vllm::Host& host) {
  return vllm::path_of(problem, host, vllm::shipped_sizes(host.sm, problem.tp_size, host.nodes));
}

}  // namespace

TEST(VllmRules, AskFlashInferFirstFusedOrNot) {
  EXPECT_EQ(shipped_path(message(4, 2 * mib), plain), "one_shot");
  EXPECT_EQ(shipped_path(message(4, 2 * mib + 16 * kib), plain), "custom");
  EXPECT_EQ(shipped_path(message(4, 2 * mib, norm), plain), "one_shot");
  EXPECT_EQ(shipped_path(message(4, 2 * mib + 16 * kib, norm), plain), "custom");
  EXPECT_EQ(shipped_path(message(2, 32 * mib, norm), plain), "one_shot");
  EXPECT_EQ(shipped_path(message(2, 32 * mib + 16 * kib, norm), plain), "two_shot");
  EXPECT_EQ(shipped_path(message(2, 64 * mib), plain), "one_shot") << "by FlashInfer's own table, of 512 MiB";
  EXPECT_EQ(shipped_path(message(2, 64 * mib + 16 * kib), plain), "nccl");
}

TEST(VllmRules, LeaveSixRanksAndOtherGpusWithoutFlashInfer) {
  EXPECT_EQ(shipped_path(message(6, mib), plain), "custom");
  EXPECT_EQ(shipped_path(message(2, mib), {.sm = 120}), "custom");
  EXPECT_EQ(shipped_path(message(2, 9 * mib, norm), {.sm = 120, .multicast = true}), "nccl");
}

TEST(VllmRules, ReadTheCustomKernelsTableOnlyWithMulticast) {
  EXPECT_EQ(shipped_path(message(8, 1 * mib), plain), "custom");
  EXPECT_EQ(shipped_path(message(8, 8 * mib), plain), "nccl") << "its buffer is 8 MiB";
  vllm::Sizes sizes = vllm::shipped_sizes(90, 8, 1);
  sizes.fused = 64 * kib;
  EXPECT_EQ(vllm::path_of(message(8, 240 * kib), with_multicast, sizes), "custom");
  EXPECT_EQ(vllm::path_of(message(8, 256 * kib), with_multicast, sizes), "symm_multimem") << "exclusive";
  EXPECT_EQ(vllm::path_of(message(8, 64 * mib), with_multicast, sizes), "symm_multimem") << "inclusive";
  EXPECT_EQ(vllm::path_of(message(8, 64 * mib + 16 * kib), with_multicast, sizes), "nccl");
}

TEST(VllmRules, GiveEachKernelItsOwnMultiplesAndDtypes) {
  vllm::Sizes sizes = vllm::shipped_sizes(90, 4, 1);
  sizes.fused.reset();
  EXPECT_EQ(vllm::path_of(message(4, 32), with_multicast, sizes), "custom");
  EXPECT_EQ(vllm::path_of(message(4, 20), with_multicast, sizes), "symm_multimem");
  EXPECT_EQ(vllm::path_of(message(4, 18), with_multicast, sizes), "nccl");
  EXPECT_EQ(vllm::path_of(message(4, 20, "NONE", DType::float32), with_multicast, sizes), "nccl");
  EXPECT_EQ(vllm::path_of(message(4, 32, "NONE", DType::float32), with_multicast, sizes), "custom");
}

TEST(VllmRules, TakeMultimemByGpuAndTpSize) {
  for (const auto& [sm, tp_size, path] : {std::tuple{90, 2, "symm_two_shot"},
                                          {90, 4, "symm_multimem"},
                                          {100, 4, "symm_two_shot"},
                                          {103, 6, "symm_multimem"}}) {
    EXPECT_EQ(vllm::symm_mem_path(sm, tp_size), path);
  }
}

TEST(VllmRules, StopWhereTwoShotsAreAskedForNoMoreTokensThanRanks) {
  vllm::Sizes sizes;
  sizes.fused = mib;
  sizes.one_shot = 16 * kib;
  EXPECT_EQ(vllm::path_of({4, DType::bfloat16, norm, 8192, 4}, plain, sizes), "");
  EXPECT_EQ(vllm::path_of({4, DType::bfloat16, norm, 8192, 5}, plain, sizes), "two_shot");
  sizes.one_shot.reset();
  EXPECT_EQ(vllm::path_of({4, DType::bfloat16, norm, 8192, 4}, plain, sizes), "one_shot") << "without a key always";
}

TEST(VllmRules, LetMnnvlChooseItsKernelAndKnowItsOwnLimit) {
  const vllm::Host host{.sm = 103, .multicast = true, .mnnvl = true};
  EXPECT_EQ(shipped_path(message(4, 256 * kib), host), "one_shot") << "1 MiB of all ranks";
  EXPECT_EQ(shipped_path(message(4, 272 * kib, norm), host), "two_shot");
  EXPECT_EQ(shipped_path(message(4, 80 * mib), host), "two_shot") << "by FI_MNNVL_ALLREDUCE_MAX_SIZE_MB";
  EXPECT_EQ(shipped_path(message(4, 80 * mib, norm), host), "unfused_mnnvl");
  EXPECT_EQ(shipped_path(message(4, 81 * mib), host), "nccl");
  const vllm::Host nodes{.sm = 103, .nodes = 4, .multicast = true, .mnnvl = true};
  EXPECT_EQ(shipped_path(message(16, 8 * mib), nodes), "two_shot");
  EXPECT_EQ(shipped_path(message(16, 9 * mib), nodes), "nccl");
  EXPECT_EQ(shipped_path(message(16, 1 * mib), {.sm = 90, .nodes = 4}), "nccl") << "trtllm runs on one host";
}

TEST(VllmRules, LetNcclsSymmetricMemoryYieldStrictlyWithinItsRange) {
  vllm::Host host{.sm = 90, .nccl_symm_mem = true};
  vllm::Sizes sizes = vllm::shipped_sizes(90, 4, 1);
  sizes.fused.reset();
  EXPECT_EQ(vllm::path_of(message(4, 16 * kib), host, sizes), "nccl_symm_mem");
  EXPECT_EQ(vllm::path_of(message(4, 32 * kib), host, sizes), "custom");
  EXPECT_EQ(vllm::path_of(message(4, 512 * kib), host, sizes), "nccl_symm_mem");
  EXPECT_EQ(vllm::path_of(message(2, 16 * kib), host, sizes), "custom") << "4 ranks at least";
}

TEST(VllmRules, KnowWhatNoValueCouldChoose) {
  const auto can = [](const Problem& problem, const char* path, const vllm::Host& host) {
    return vllm::can_choose(problem, path, host, 32 * mib);
  };
  EXPECT_TRUE(can(message(4, mib, norm), "two_shot", plain));
  EXPECT_FALSE(can({4, DType::bfloat16, norm, 8192, 4}, "two_shot", plain));
  EXPECT_FALSE(can(message(4, mib), "two_shot", plain)) << "FlashInfer's table decides there";
  EXPECT_TRUE(can(message(4, 16 * mib, norm), "one_shot", plain));
  EXPECT_FALSE(can(message(4, 17 * mib, norm), "one_shot", plain)) << "64 MiB over the ranks";
  EXPECT_FALSE(can(message(4, 33 * mib, norm), "two_shot", plain)) << "its workspace";
  EXPECT_FALSE(can(message(4, mib), "nccl", plain)) << "the custom kernel takes it, table or not";
  EXPECT_TRUE(can(message(4, mib), "nccl", with_multicast));
  EXPECT_TRUE(can(message(4, 8 * mib), "nccl", plain));
  EXPECT_FALSE(can(message(4, mib), "symm_multimem", plain));
  EXPECT_FALSE(can(message(2, mib), "symm_multimem", with_multicast));
}

TEST(VllmRules, CountTheWorkspaceOfAllRanks) {
  EXPECT_EQ(vllm::workspace_bytes(false, 2, 64 * mib), 512 * mib);
  EXPECT_EQ(vllm::workspace_bytes(false, 4, 2 * mib), 32 * mib);
  EXPECT_EQ(vllm::workspace_bytes(true, 8, 2 * mib), 12 * mib);
  EXPECT_EQ(vllm::largest_one_shot(8), 8 * mib);
}

}  // namespace arbiter::test
