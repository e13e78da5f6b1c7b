// SPDX-License-Identifier: Apache-2.0
// Workspaces: memory with old contents, and counters that wrap around.
#include "strategies/hazards/hazards_fixture.hpp"

namespace arbiter::testing {
namespace {

class Scratch : public HazardsOfKernels {
 protected:
  static Problem problem(std::int64_t tokens) {
    return {world().size(), DType::bfloat16, "RESIDUAL_RMS_NORM", 1000, tokens};
  }
  /// Leaves freed memory full of words that are neither empty nor zero.
  static void leave_garbage() {
    for (const std::size_t bytes : {std::size_t{8}, std::size_t{1} << 12U, std::size_t{1} << 22U}) {
      const auto own = backend().allocate(bytes);
      backend().fill(own->data(), 0x3c, bytes);
      static_cast<void>(backend().share(world(), bytes, 0x3c));
      world().barrier();
    }
  }
};

TEST_P(Scratch, MayHaveHeldAnything) {
  const auto fusion = Hazards::fusion("RESIDUAL_RMS_NORM");
  for (const std::int64_t tokens : {1, 20, 500}) {
    DeviceTrial trial(backend(), problem(tokens), *fusion, Data::random, 1);
    leave_garbage();
    const auto strategy = Scratch::strategy();
    const auto operation = prepare(*strategy, problem(tokens), *fusion);
    for (int turn = 0; turn < 3; ++turn) ASSERT_EQ(difference_after(*operation, trial), "") << "turn " << turn;
    world().barrier();
  }
}

TEST_P(Scratch, OfAStrategyThatIsGoneDoesNotShowInTheNext) {
  const auto fusion = Hazards::fusion("RESIDUAL_RMS_NORM");
  for (std::uint64_t turn = 0; turn < 10; ++turn) {
    // Other data each time: a slot that is still full would give the sum of before.
    DeviceTrial trial(backend(), problem(17), *fusion, Data::random, turn);
    const auto strategy = Scratch::strategy();
    const auto operation = prepare(*strategy, problem(17), *fusion);
    for (std::uint64_t run = 0; run <= turn % 3; ++run) ASSERT_EQ(difference_after(*operation, trial), "") << turn;
    world().barrier();
  }
}

TEST_P(Scratch, CountsOperationsPastTheEndOfACounter) {
  // Counters start 128 below 2^32.
  const auto fusion = Hazards::fusion("RESIDUAL_RMS_NORM");
  const auto strategy = Scratch::strategy();
  DeviceTrial odd(backend(), problem(9), *fusion, Data::random, 1);
  DeviceTrial even(backend(), problem(9), *fusion, Data::random, 2);
  const auto operation = prepare(*strategy, problem(9), *fusion);
  for (int turn = 0; turn < 300; ++turn) {
    // Two messages alternate, to detect an operation that reads the slots of the previous one.
    ASSERT_EQ(difference_after(*operation, turn % 2 == 0 ? even : odd), "") << "operation " << turn;
  }
}

INSTANTIATE_TEST_SUITE_P(Cuda, Scratch, ::testing::Values("ONESHOT", "TWOSHOT"), name_of_kernels);

}  // namespace
}  // namespace arbiter::testing
