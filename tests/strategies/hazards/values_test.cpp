// SPDX-License-Identifier: Apache-2.0
// Bits: NaN, infinities, both zeros, subnormals, and words that look like empty slots.
#include "strategies/hazards/hazards_fixture.hpp"

namespace arbiter::testing {
namespace {

class HazardousValues : public HazardsOfKernels {
 protected:
  static void expect_right(Data data, const std::string& name, DType dtype, std::int64_t hidden, std::int64_t tokens) {
    static std::uint64_t seed = 0;
    const Problem problem{world().size(), dtype, name, hidden, tokens};
    const auto strategy = HazardousValues::strategy();
    const auto fusion = Hazards::fusion(name);
    DeviceTrial trial(backend(), problem, *fusion, data, ++seed);
    const auto operation = prepare(*strategy, problem, *fusion);
    // The second and third time, both buffers of slots have been emptied by a kernel.
    for (int turn = 0; turn < 4; ++turn) ASSERT_EQ(difference_after(*operation, trial), "") << "turn " << turn;
  }

  static void expect_all_right(Data data) {
    for (const char* name : {"NONE", "RESIDUAL_RMS_NORM"}) {
      for (const DType dtype : {DType::bfloat16, DType::float16, DType::float32}) {
        for (const auto& [tokens, hidden] : {std::pair{1, 8}, {3, 17}, {5, 1440}, {33, 1024}}) {
          expect_right(data, name, dtype, hidden, tokens);
          if (HasFatalFailure()) return;
        }
      }
      // Rows of several vectors per thread or of several blocks, and rows that do not fit registers.
      for (const auto& [tokens, hidden] : {std::pair{9, 8192}, {5, 8190}, {5, 12'288}, {5, 16'384}, {3, 20'001}}) {
        expect_right(data, name, DType::bfloat16, hidden, tokens);
        if (HasFatalFailure()) return;
      }
    }
  }
};

TEST_P(HazardousValues, AreAddedInRankOrderInFp32ToTheLastBit) { expect_all_right(Data::random); }

TEST_P(HazardousValues, KeepNanInfinityBothZerosAndSubnormalsAsFp32Does) { expect_all_right(Data::special_values); }

TEST_P(HazardousValues, MayLookLikeSlotsThatAreEmpty) { expect_all_right(Data::ones); }

INSTANTIATE_TEST_SUITE_P(Cuda, HazardousValues, all_kernels, name_of_kernels);

}  // namespace
}  // namespace arbiter::testing
