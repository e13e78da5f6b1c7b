// SPDX-License-Identifier: Apache-2.0
#include "vllm/vllm_rules.hpp"

#include <gtest/gtest.h>

#include "support/decisions_data.hpp"

namespace arbiter::test {

namespace {

Dataset paths_at(const std::vector<std::pair<std::int64_t, std::string>>& best_by_tokens,
                 const std::vector<std::string>& names) {
  Dataset paths;
  for (const auto& [tokens, best] : best_by_tokens) {
    for (const std::string& name : names)
      paths.add(decision_row(cell_of(1024, tokens), name, name == best ? 1.0 : 2.0));
  }
  return paths;
}

}  // namespace

TEST(VllmRules, StrictLimitsLieJustAboveTheLastSizeThatThePathWins) {
  const auto sizes = vllm::fit_plain(
      paths_at({{1, "custom"}, {4, "custom"}, {16, "symm_mem"}, {64, "nccl"}}, {"custom", "symm_mem", "nccl"}));
  EXPECT_EQ(sizes.custom, 4 * 2048 + 16);
  EXPECT_EQ(sizes.symm_mem, 16 * 2048 + 4);
  const auto rule = vllm::rule_of(sizes);
  EXPECT_EQ(rule(cell_of(1024, 4)), "custom");
  EXPECT_EQ(rule(cell_of(1024, 5)), "symm_mem");
  EXPECT_EQ(rule(cell_of(1024, 17)), "nccl");
}

TEST(VllmRules, APathThatNeverWinsGetsALimitThatNoMessageIsBelow) {
  const auto sizes = vllm::fit_plain(paths_at({{1, "nccl"}, {4, "nccl"}}, {"custom", "symm_mem", "nccl"}));
  EXPECT_EQ(sizes.custom, 16);
  EXPECT_EQ(sizes.symm_mem, 4);
  EXPECT_EQ(vllm::rule_of(sizes)(cell_of(8, 1)), "nccl");
}

TEST(VllmRules, NothingIsClaimedAboveTheLargestMeasuredSize) {
  const auto sizes = vllm::fit_plain(paths_at({{1, "custom"}, {4, "custom"}}, {"custom", "nccl"}));
  EXPECT_EQ(sizes.custom, 4 * 2048 + 16);
  EXPECT_FALSE(sizes.symm_mem.has_value());
}

TEST(VllmRules, SymmetricMemoryIsFittedForWhatTheCustomKernelsBufferLeaves) {
  Dataset paths = paths_at({{1024, "custom"}, {4096, "custom"}, {8192, "custom"}}, {"custom", "nccl"});
  paths.add(decision_row(cell_of(1024, 4096), "symm_mem", 1.5));
  paths.add(decision_row(cell_of(1024, 8192), "symm_mem", 2.5));
  const auto sizes = vllm::fit_plain(paths);
  EXPECT_EQ(sizes.custom, 8192 * 2048 + 16);
  EXPECT_EQ(sizes.symm_mem, 4096 * 2048 + 4);
  EXPECT_EQ(vllm::rule_of(sizes)(cell_of(1024, 4096)), "custom");
  const auto limited = vllm::rule_of(vllm::within_buffer(sizes));
  EXPECT_EQ(limited(cell_of(1024, 1024)), "custom");
  EXPECT_EQ(limited(cell_of(1024, 4096)), "symm_mem");
  EXPECT_EQ(limited(cell_of(1024, 8192)), "nccl");
}

TEST(VllmRules, TheRangeIsEmptyIfSymmetricNcclIsAlwaysBest) {
  const auto paths = paths_at({{1, "nccl_symm_mem"}, {4, "nccl_symm_mem"}}, {"custom", "nccl", "nccl_symm_mem"});
  EXPECT_EQ(vllm::fit_range(paths, {8 * 2048 + 16, {}}), (vllm::PreferredRange{0, 0}));
}

TEST(VllmRules, TheRangeEndsAreTheLastSizeBeforeAndTheFirstByteAfter) {
  const auto paths = paths_at({{1, "nccl_symm_mem"}, {4, "custom"}, {16, "custom"}, {64, "nccl_symm_mem"}},
                              {"custom", "nccl", "nccl_symm_mem"});
  const vllm::PlainSizes sizes{16 * 2048 + 16, {}};
  const auto range = vllm::fit_range(paths, sizes);
  EXPECT_EQ(range, (vllm::PreferredRange{2048, 16 * 2048 + 1}));
  const auto rule = vllm::rule_of(range, sizes);
  EXPECT_EQ(rule(cell_of(1024, 1)), "nccl_symm_mem");
  EXPECT_EQ(rule(cell_of(1024, 16)), "custom");
  EXPECT_EQ(rule(cell_of(1024, 64)), "nccl_symm_mem");
}

TEST(VllmRules, TwoShotsAreNeverAskedForFewerTokensThanRanksAndOne) {
  // Two shots would win at 2 tokens, but FlashInfer stops there.
  const auto sizes = vllm::fit_fused(paths_at({{1, "one_shot"}, {2, "two_shot"}, {4, "two_shot"}, {64, "unfused"}},
                                              {"one_shot", "two_shot", "unfused"}));
  EXPECT_EQ(sizes.one_shot, 2 * 2048);
  EXPECT_EQ(sizes.fused, 4 * 2048);
}

TEST(VllmRules, StrictLimitsLeaveOutTheSizeItself) {
  const auto rule = vllm::rule_of(vllm::PlainSizes{2048, 4096});
  EXPECT_EQ(rule(cell_of(1016, 1)), "custom");
  EXPECT_EQ(rule(cell_of(1024, 1)), "symm_mem");
  EXPECT_EQ(rule(cell_of(2046, 1)), "symm_mem");
  EXPECT_EQ(rule(cell_of(2048, 1)), "nccl");
}

TEST(VllmRules, EachKernelTakesItsOwnMultiplesOnly) {
  const auto rule = vllm::rule_of(vllm::PlainSizes{1 << 20, 1 << 20});
  EXPECT_EQ(rule(cell_of(8, 1)), "custom");     // 16 bytes
  EXPECT_EQ(rule(cell_of(12, 1)), "symm_mem");  // 24
  EXPECT_EQ(rule(cell_of(10, 1)), "symm_mem");  // 20
  EXPECT_EQ(rule(cell_of(9, 1)), "nccl");       // 18
  EXPECT_EQ(rule({2, DType::float16, "NONE", 12, 1}), "nccl");
  EXPECT_EQ(rule({2, DType::float16, "NONE", 8, 1}), "custom");
}

TEST(VllmRules, TheCustomKernelsBufferIsEightMiB) {
  EXPECT_EQ(vllm::within_buffer({8 * 1024 * 1024 + 1, 5}).custom, 8 * 1024 * 1024);
  EXPECT_EQ(vllm::within_buffer({8 * 1024 * 1024 - 1, 5}).custom, 8 * 1024 * 1024 - 1);
  EXPECT_EQ(vllm::within_buffer({1, 5}).symm_mem, 5);
}

TEST(VllmRules, TheRangesEndsBelongToSymmetricNccl) {
  const auto rule = vllm::rule_of(vllm::PreferredRange{2048, 8192}, {1 << 20, {}});
  EXPECT_EQ(rule(cell_of(1024, 1)), "nccl_symm_mem");
  EXPECT_EQ(rule(cell_of(1032, 1)), "custom");
  EXPECT_EQ(rule(cell_of(4088, 1)), "custom");
  EXPECT_EQ(rule(cell_of(4096, 1)), "nccl_symm_mem");
}

TEST(VllmRules, FusedLimitsTakeInTheSizeItself) {
  const auto rule = vllm::rule_of(vllm::FusedSizes{.one_shot = 4096, .fused = 16'384});
  EXPECT_EQ(rule(cell_of(512, 4)), "one_shot");
  EXPECT_EQ(rule(cell_of(512, 5)), "two_shot");
  EXPECT_EQ(rule(cell_of(512, 16)), "two_shot");
  EXPECT_EQ(rule(cell_of(512, 17)), "unfused");
}

TEST(VllmRules, FusedKernelsRunNothingBeyondFlashInfersOwnLimits) {
  const std::int64_t all = std::int64_t{1} << 40;
  // One shot takes 64 MiB over the ranks; two shots need more tokens than ranks.
  const auto one_shot = vllm::rule_of(vllm::FusedSizes{.one_shot = all, .fused = all});
  EXPECT_EQ(one_shot(cell_of(16'384, 1024)), "one_shot");
  EXPECT_EQ(one_shot(cell_of(16'384, 1025)), "none");
  EXPECT_EQ(one_shot({8, DType::bfloat16, "NONE", 4096, 1024}), "one_shot");
  EXPECT_EQ(one_shot({8, DType::bfloat16, "NONE", 4096, 1025}), "none");
  const auto two_shot = vllm::rule_of(vllm::FusedSizes{.one_shot = 0, .fused = all});
  EXPECT_EQ(two_shot(cell_of(512, 2)), "none");
  EXPECT_EQ(two_shot(cell_of(512, 3)), "two_shot");
}

}  // namespace arbiter::test
