// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "arbiter/host/row_kernels.hpp"
#include "support/strategies_plugins.hpp"
#include "support/strategies_trial.hpp"

namespace {

using namespace arbiter;
using namespace arbiter::testing;

class MpiStrategy : public ::testing::TestWithParam<const char*> {
 protected:
  static std::shared_ptr<Strategy> strategy() { return make_strategy("MPI", {{"algorithm", GetParam()}}); }
};

TEST_P(MpiStrategy, WritesTheReducedMessageOfAnyShapeAndDtype) {
  const auto strategy = MpiStrategy::strategy();
  const auto fusion = make<Fusion>(PluginKind::fusion, "NONE");
  std::uint64_t seed = 0;
  for (const DType dtype : {DType::bfloat16, DType::float16, DType::float32}) {
    for (const std::int64_t num_tokens : {1, 2, 3, 7, 64}) {
      for (const std::int64_t hidden_size : {1, 17, 2880, 4096}) {
        const Problem problem{world().size(), dtype, "NONE", hidden_size, num_tokens};
        EXPECT_FALSE(strategy->fuses(problem));
        Trial trial(problem, *fusion, Data::whole, ++seed);
        const auto operation = strategy->prepare(preparation(problem, *fusion));
        EXPECT_EQ(trial.difference_after(*operation), "");
        EXPECT_EQ(trial.difference_after(*operation), "");
      }
    }
  }
}

TEST_P(MpiStrategy, IsFollowedByTheEpilogueAsAPassOfItsOwn) {
  const auto strategy = MpiStrategy::strategy();
  const auto none = make<Fusion>(PluginKind::fusion, "NONE");
  for (const std::string& name : plugins().names(PluginKind::fusion)) {
    const auto fusion = make<Fusion>(PluginKind::fusion, name);
    const Problem problem{world().size(), DType::bfloat16, name, 64, 5};
    Trial trial(problem, *fusion, Data::whole, 5);
    const auto whole =
        host_backend().with_epilogue_pass(strategy->prepare(preparation(problem, *none)), *fusion, problem);
    EXPECT_EQ(trial.difference_after(*whole), "");
  }
}

INSTANTIATE_TEST_SUITE_P(Algorithms, MpiStrategy, ::testing::Values("default", "ring"),
                         [](const auto& choice) { return std::string(choice.param); });

std::vector<float> reduced_by(Strategy& strategy, const Problem& problem, const std::vector<float>& message) {
  const auto fusion = make<Fusion>(PluginKind::fusion, "NONE");
  std::vector<std::byte> input(static_cast<std::size_t>(problem.message_bytes()));
  std::vector<std::byte> output(input.size());
  row_kernels(problem.dtype).store(message.data(), input.data(), problem.elements());
  void* tensors[] = {output.data()};
  strategy.prepare(preparation(problem, *fusion))->enqueue({input.data(), tensors});
  std::vector<float> sum(message.size());
  row_kernels(problem.dtype).load(output.data(), sum.data(), problem.elements());
  return sum;
}

// Where every rank's sum starts at another rank, as in a ring, rounding at each hop shows who added first. Recursive
// doubling, which Open MPI itself takes for this size, adds in the same order everywhere.
TEST(MpiStrategyRing, AddsInTheOrderOfARingAndLeavesOthersAlone) {
  if (world().size() < 3) GTEST_SKIP() << "two ranks have only one order";
  const Problem problem{world().size(), DType::bfloat16, "NONE", 8 * world().size(), 64};
  const auto elements = static_cast<std::size_t>(problem.elements());
  const float share = world().rank() == 0 ? 256.0F : 1.0F;  // 256 + 1 is 256 in bfloat16, 1 + 1 is 2
  const std::vector<float> message(elements, share);
  const auto plain_before = make_strategy("MPI");
  const auto before = reduced_by(*plain_before, problem, message);
  const auto ring = make_strategy("MPI", {{"algorithm", "ring"}});
  const auto by_ring = reduced_by(*ring, problem, message);
  const auto plain_after = make_strategy("MPI");
  const auto after = reduced_by(*plain_after, problem, message);

  EXPECT_EQ(before, std::vector<float>(elements, before[0]));
  EXPECT_EQ(after, before);
  EXPECT_NE(*std::min_element(by_ring.begin(), by_ring.end()), *std::max_element(by_ring.begin(), by_ring.end()));
}

}  // namespace
