// SPDX-License-Identifier: Apache-2.0
#include <chrono>
#include <string>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "arbiter/error.hpp"
#include "support/strategies_plugins.hpp"
#include "support/strategies_trial.hpp"

namespace {

using namespace arbiter;
using namespace arbiter::testing;
using ::testing::AllOf;
using ::testing::HasSubstr;
using namespace std::chrono_literals;

std::string error_of(Trial& trial, Operation& operation) {
  try {
    return trial.difference_after(operation);
  } catch (const Error& error) {
    return error.what();
  }
}

class LateRank : public ::testing::TestWithParam<const char*> {};

TEST_P(LateRank, IsNamedByTheOthersWhichThenWorkAgainOnceThatIsPreparedAnew) {
  const auto strategy = make_strategy(GetParam());
  const auto fusion = make<Fusion>(PluginKind::fusion, "NONE");
  const Problem problem{world().size(), DType::bfloat16, "NONE", 64, 8};
  Trial trial(problem, *fusion, Data::random, 1);
  // Apart, so that only the rank that is late has 150 ms; the slots and their epoch are the same.
  ASSERT_EQ(trial.difference_after(*strategy->prepare(preparation(problem, *fusion))), "");
  const auto operation = strategy->prepare(preparation(problem, *fusion, 150ms));
  const int late = world().size() - 1;
  world().barrier();

  if (world().rank() == late) {
    std::this_thread::sleep_for(1500ms);
  } else {
    EXPECT_THROW(static_cast<void>(trial.difference_after(*operation)), TimeoutError);
    EXPECT_THAT(error_of(trial, *operation), HasSubstr("prepare it anew"));
  }
  world().barrier();

  const auto again = strategy->prepare(preparation(problem, *fusion));
  EXPECT_EQ(trial.difference_after(*again), "");
}

TEST_P(LateRank, IsNamedWithItsEpochInTheMessage) {
  const auto strategy = make_strategy(GetParam());
  const auto fusion = make<Fusion>(PluginKind::fusion, "NONE");
  const Problem problem{world().size(), DType::bfloat16, "NONE", 64, 8};
  Trial trial(problem, *fusion, Data::random, 1);
  const auto patient = strategy->prepare(preparation(problem, *fusion));
  for (int turn = 0; turn < 3; ++turn) ASSERT_EQ(trial.difference_after(*patient), "");
  const auto operation = strategy->prepare(preparation(problem, *fusion, 150ms));
  const int late = world().size() - 1;
  world().barrier();
  if (world().rank() != late) {
    EXPECT_THAT(error_of(trial, *operation),
                AllOf(HasSubstr("rank " + std::to_string(world().rank()) + " waited longer than 150 ms"),
                      HasSubstr("for rank " + std::to_string(late)), HasSubstr("at epoch 3 and not at 4")));
  }
  world().barrier();
}

INSTANTIATE_TEST_SUITE_P(Host, LateRank, ::testing::Values("ONESHOT", "TWOSHOT"),
                         [](const auto& choice) { return std::string(choice.param); });

}  // namespace
