// SPDX-License-Identifier: Apache-2.0
// Tails, fewer tokens than ranks, tokens that the ranks cannot own evenly, and memory that is only aligned to
// an element.
#include "strategies/hazards/hazards_fixture.hpp"

namespace arbiter::testing {
namespace {

class HazardousShapes : public HazardsOfKernels {
 protected:
  static std::string failure_of(Strategy& strategy, const Problem& problem, int offset) {
    const auto fusion = Hazards::fusion(problem.fusion);
    if (!fusion->supports(problem)) return {};
    DeviceTrial trial(backend(), problem, *fusion, Data::random, static_cast<std::uint64_t>(problem.elements()),
                      offset);
    const auto operation = prepare(strategy, problem, *fusion);
    for (int turn = 0; turn < 2; ++turn) {
      if (auto failure = difference_after(*operation, trial); !failure.empty()) return failure;
    }
    return {};
  }
};

TEST_P(HazardousShapes, MayHaveTailsAndAnyNumberOfTokens) {
  const auto strategy = HazardousShapes::strategy();
  for (const char* name : {"NONE", "RESIDUAL_RMS_NORM", "RESIDUAL_RMS_NORM_OUT_QUANT_DYNAMIC_FP8",
                           "RESIDUAL_RMS_NORM_OUT_QUANT_PER_TOKEN_GROUP_FP8"}) {
    for (const std::int64_t hidden : {1, 7, 8, 9, 15, 17, 1023, 1025, 2881}) {
      for (const std::int64_t tokens : {1, 2, 3, 5, 131}) {
        ASSERT_EQ(failure_of(*strategy, {world().size(), DType::bfloat16, name, hidden, tokens}, 0), "");
      }
    }
  }
}

TEST_P(HazardousShapes, MayBeginAtAnyElement) {
  const auto strategy = HazardousShapes::strategy();
  for (const char* name :
       {"NONE", "RESIDUAL_RMS_NORM", "RESIDUAL_RMS_NORM_QUANT_FP8", "RESIDUAL_RMS_NORM_OUT_QUANT_NVFP4",
        "RESIDUAL_RMS_NORM_OUT_QUANT_DYNAMIC_FP8", "RESIDUAL_RMS_NORM_OUT_QUANT_PER_TOKEN_GROUP_FP8"}) {
    for (const int offset : {1, 3, 4}) {
      for (const auto& [tokens, hidden] : {std::pair{3, 17}, {5, 1024}, {2, 1040}}) {
        ASSERT_EQ(failure_of(*strategy, {world().size(), DType::bfloat16, name, hidden, tokens}, offset), "");
      }
    }
  }
}

/// Also by more blocks than a row has vectors.
TEST_P(HazardousShapes, MayBeSharedByBlocks) {
  for (const char* blocks : {"1", "2", "4"}) {
    for (const char* exclusive_sm : {"yes", "no"}) {
      const auto strategy = cuda_strategy(GetParam(), {{"blocks_per_row", blocks}, {"exclusive_sm", exclusive_sm}});
      for (const char* name : {"RESIDUAL_RMS_NORM", "RESIDUAL_RMS_NORM_OUT_QUANT_NVFP4",
                               "RESIDUAL_RMS_NORM_QUANT_DYNAMIC_FP8", "RESIDUAL_RMS_NORM_QUANT_PER_TOKEN_GROUP_FP8"}) {
        for (const auto& [tokens, hidden] : {std::pair{3, 17}, {5, 264}, {300, 1040}, {150, 4096}, {3, 8192}}) {
          const Problem problem{world().size(), DType::bfloat16, name, hidden, often(tokens)};
          ASSERT_EQ(failure_of(*strategy, problem, 0), "") << blocks << " " << exclusive_sm;
        }
      }
    }
  }
}

TEST_P(HazardousShapes, AreRefusedWhereThereIsNothingToDo) {
  const auto strategy = HazardousShapes::strategy();
  for (const auto& [tokens, hidden] : {std::pair{0, 64}, {4, 0}}) {
    const Support can = strategy->supports({world().size(), DType::bfloat16, "NONE", hidden, tokens}, world());
    EXPECT_THAT(can.reason, ::testing::HasSubstr("empty"));
  }
}

INSTANTIATE_TEST_SUITE_P(Cuda, HazardousShapes, ::testing::Values("ONESHOT", "TWOSHOT"), name_of_kernels);

}  // namespace
}  // namespace arbiter::testing
