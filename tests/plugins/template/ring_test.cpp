// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <chrono>
#include <memory>
#include <random>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "arbiter/error.hpp"
#include "support/decisions_data.hpp"
#include "support/strategies_plugins.hpp"
#include "support/strategies_trial.hpp"

namespace {

using namespace arbiter;
using namespace arbiter::testing;
using ::testing::AllOf;
using ::testing::HasSubstr;
using namespace std::chrono_literals;

constexpr std::array message_dtypes = {DType::bfloat16, DType::float16, DType::float32};

std::shared_ptr<Strategy> ring(const Settings& settings = {}) {
  return test::load_plugin<Strategy>(RING_PLUGIN, settings);
}

const Fusion& none() {
  static const auto fusion = make<Fusion>(PluginKind::fusion, "NONE");
  return *fusion;
}

Problem problem_of(DType dtype, std::int64_t num_tokens, std::int64_t hidden_size) {
  return {world().size(), dtype, "NONE", hidden_size, num_tokens};
}

bool same_on_every_rank(std::uint64_t value) {
  std::vector<std::uint64_t> values(static_cast<std::size_t>(world().size()));
  world().all_gather(&value, values.data(), sizeof value);
  return std::all_of(values.begin(), values.end(), [&](std::uint64_t other) { return other == value; });
}

class RingChunks : public ::testing::TestWithParam<const char*> {
 protected:
  std::shared_ptr<Strategy> strategy_ = ring({{"chunk_kib", GetParam()}});
};

TEST_P(RingChunks, SumEveryShapeAlsoThoseWithFewerElementsThanRanks) {
  for (const auto& [num_tokens, hidden_size] : std::vector<std::pair<std::int64_t, std::int64_t>>{
           {1, 1}, {1, 2}, {3, 1}, {1, 513}, {5, 17}, {7, 1001}, {2, 40'017}, {61, 2880}}) {
    for (const DType dtype : message_dtypes) {
      const Problem problem = problem_of(dtype, num_tokens, hidden_size);
      ASSERT_TRUE(strategy_->supports(problem, world()));
      Trial trial(problem, none(), Data::whole, static_cast<std::uint64_t>(hidden_size));
      const auto operation = strategy_->prepare(preparation(problem, none()));
      EXPECT_EQ(trial.difference_after(*operation), "");
    }
  }
}

TEST_P(RingChunks, EndWithTheSameBitsOnEveryRankWhateverTheDataAre) {
  for (const Data data : {Data::random, Data::special_values}) {
    for (const DType dtype : message_dtypes) {
      const Problem problem = problem_of(dtype, 13, 333);
      Trial trial(problem, none(), data, 5);
      const auto operation = strategy_->prepare(preparation(problem, none()));
      static_cast<void>(trial.difference_after(*operation));  // the order of the sum is the ring's own
      EXPECT_TRUE(same_on_every_rank(trial.fingerprint())) << to_string(problem);
    }
  }
}

TEST_P(RingChunks, StayRightBackToBackWithAnyShapesAndAnyRankLate) {
  std::mt19937 agreed(7);
  std::mt19937 own(static_cast<unsigned>(world().rank()));
  for (std::uint64_t turn = 0; turn < 40; ++turn) {
    const auto one_to = [&](std::int64_t most) { return std::uniform_int_distribution<std::int64_t>(1, most)(agreed); };
    const DType dtype = message_dtypes[agreed() % message_dtypes.size()];
    const std::int64_t num_tokens = one_to(60);
    const Problem problem = problem_of(dtype, num_tokens, one_to(500));
    Trial trial(problem, none(), Data::whole, turn);
    const auto operation = strategy_->prepare(preparation(problem, none()));
    for (int again = 0; again < 5; ++again) {
      if (own() % 3 == 0) std::this_thread::sleep_for(std::chrono::microseconds(own() % 2000));
      ASSERT_EQ(trial.difference_after(*operation), "") << "turn " << turn << ", again " << again;
    }
  }
}

TEST_P(RingChunks, LetPreparedOperationsAndASecondRingTakeTurns) {
  const auto second = ring();
  Trial small(problem_of(DType::bfloat16, 3, 33), none(), Data::whole, 1);
  Trial large(problem_of(DType::float32, 3, 100'000), none(), Data::whole, 2);
  const auto small_operation = strategy_->prepare(preparation(small.problem(), none()));
  const auto large_operation = strategy_->prepare(preparation(large.problem(), none()));
  const auto other_operation = second->prepare(preparation(small.problem(), none()));
  for (int turn = 0; turn < 5; ++turn) {
    EXPECT_EQ(large.difference_after(*large_operation), "");
    EXPECT_EQ(small.difference_after(*small_operation), "");
    EXPECT_EQ(small.difference_after(*other_operation), "");
    EXPECT_EQ(small.difference_after(*small_operation), "");
  }
}

/// Whole sums fit the dtype, so the epilogue gets the same bits whether partial sums were rounded or not.
TEST_P(RingChunks, RunEveryFusionOnRowsOfEveryLength) {
  for (const char* name : {"RESIDUAL_RMS_NORM", "RESIDUAL_RMS_NORM_QUANT_FP8"}) {
    const auto fusion = make<Fusion>(PluginKind::fusion, name);
    for (const auto& [num_tokens, hidden_size] :
         std::vector<std::pair<std::int64_t, std::int64_t>>{{1, 1}, {13, 333}, {2, 40'017}}) {
      const Problem problem{world().size(), DType::bfloat16, name, hidden_size, num_tokens};
      Trial trial(problem, *fusion, Data::whole, 3);
      const auto operation = strategy_->prepare(preparation(problem, *fusion));
      EXPECT_EQ(trial.difference_after(*operation), "") << to_string(problem);
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Ring, RingChunks, ::testing::Values("1", "256"),
                         [](const auto& kib) { return "OfKib" + std::string(kib.param); });

TEST(Ring, NamesALateRankAndWorksAgainOnceItIsPreparedAnew) {
  const auto strategy = ring();
  Trial trial(problem_of(DType::bfloat16, 8, 64), none(), Data::whole, 1);
  ASSERT_EQ(trial.difference_after(*strategy->prepare(preparation(trial.problem(), none()))), "");
  const auto operation = strategy->prepare(preparation(trial.problem(), none(), 150ms));
  const int late = world().size() - 1;
  world().barrier();
  if (world().rank() == late) {
    std::this_thread::sleep_for(1500ms);
  } else {
    const int left = (world().rank() + world().size() - 1) % world().size();
    try {
      static_cast<void>(trial.difference_after(*operation));
      ADD_FAILURE() << "waited for a rank that was late";
    } catch (const TimeoutError& error) {
      EXPECT_THAT(error.what(),
                  AllOf(HasSubstr("waited longer than 150 ms"), HasSubstr("for rank " + std::to_string(left))));
    }
    EXPECT_THROW(static_cast<void>(trial.difference_after(*operation)), Error);
  }
  world().barrier();
  const auto again = strategy->prepare(preparation(trial.problem(), none()));
  EXPECT_EQ(trial.difference_after(*again), "");
}

TEST(Ring, RefusesWhatItCannotDoWithTheReason) {
  const auto strategy = ring();
  EXPECT_TRUE(strategy->fuses(problem_of(DType::bfloat16, 1, 64)));
  EXPECT_THAT(strategy->supports(problem_of(DType::bfloat16, 0, 64), world()).reason,
              HasSubstr("the message is empty"));
  EXPECT_THAT(strategy->supports(problem_of(DType::float8_e4m3, 1, 64), world()).reason, HasSubstr("float8_e4m3"));
  Problem other = problem_of(DType::bfloat16, 1, 64);
  other.tp_size += 1;
  EXPECT_THAT(strategy->supports(other, world()).reason, HasSubstr("the group has"));
}

}  // namespace
