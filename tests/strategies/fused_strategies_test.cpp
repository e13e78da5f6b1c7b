// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <chrono>
#include <memory>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/strategies_plugins.hpp"
#include "support/strategies_trial.hpp"

namespace {

using namespace arbiter;
using namespace arbiter::testing;

constexpr std::array message_dtypes = {DType::bfloat16, DType::float16, DType::float32};

struct Shape {
  std::int64_t num_tokens;
  std::int64_t hidden_size;
};
constexpr std::array ragged_shapes = {Shape{1, 1},  Shape{1, 16},  Shape{2, 1024}, Shape{3, 17},     Shape{5, 2880},
                                      Shape{7, 33}, Shape{61, 48}, Shape{300, 32}, Shape{2, 40'016}, Shape{70, 2048}};

bool same_on_every_rank(std::uint64_t value) {
  std::vector<std::uint64_t> values(static_cast<std::size_t>(world().size()));
  world().all_gather(&value, values.data(), sizeof value);
  return std::all_of(values.begin(), values.end(), [&](std::uint64_t other) { return other == value; });
}

/// A strategy and its chunk size: the default, and one so small that every message goes through in many chunks.
struct Choice {
  const char* strategy;
  const char* chunk_kib;
};

class FusedStrategies : public ::testing::TestWithParam<Choice> {
 protected:
  static std::shared_ptr<Strategy> strategy() {
    const Choice& choice = GetParam();
    if (choice.chunk_kib == nullptr) return make_strategy(choice.strategy);
    return make_strategy(choice.strategy, {{"chunk_kib", choice.chunk_kib}});
  }

  static void expect_every_problem_right(Data data) {
    const auto strategy = FusedStrategies::strategy();
    int done = 0;
    for (const std::string& name : plugins().names(PluginKind::fusion)) {
      const auto fusion = make<Fusion>(PluginKind::fusion, name);
      for (const DType dtype : message_dtypes) {
        for (const Shape& shape : ragged_shapes) {
          const Problem problem{world().size(), dtype, name, shape.hidden_size, shape.num_tokens};
          if (!fusion->supports(problem)) continue;
          ASSERT_TRUE(strategy->fuses(problem)) << to_string(problem);
          ASSERT_TRUE(strategy->supports(problem, world())) << to_string(problem);
          Trial trial(problem, *fusion, data, static_cast<std::uint64_t>(++done));
          const auto operation = strategy->prepare(preparation(problem, *fusion));
          EXPECT_EQ(trial.difference_after(*operation), "");
          EXPECT_TRUE(same_on_every_rank(trial.fingerprint())) << to_string(problem);
        }
      }
    }
    EXPECT_GT(done, 100);
  }
};

TEST_P(FusedStrategies, AddInRankOrderInFp32ToTheLastBit) { expect_every_problem_right(Data::random); }

TEST_P(FusedStrategies, TreatNanInfinityAndSubnormalsAsFp32Does) { expect_every_problem_right(Data::special_values); }

TEST_P(FusedStrategies, StayRightBackToBackWithAnyShapesAndAnyRankLate) {
  const auto strategy = FusedStrategies::strategy();
  const std::vector<std::string> fusions = plugins().names(PluginKind::fusion);
  std::mt19937 agreed(7);
  std::mt19937 own(static_cast<unsigned>(world().rank()));
  for (std::uint64_t turn = 0; turn < 40; ++turn) {
    const std::size_t which = agreed() % fusions.size();
    const auto fusion = make<Fusion>(PluginKind::fusion, fusions[which]);
    const auto one_to = [&](std::int64_t most) { return std::uniform_int_distribution<std::int64_t>(1, most)(agreed); };
    const DType dtype = message_dtypes[agreed() % message_dtypes.size()];
    const std::int64_t hidden_size = 16 * one_to(64);
    const Problem problem{world().size(), dtype, fusions[which], hidden_size, one_to(200)};
    Trial trial(problem, *fusion, Data::random, turn);
    const auto operation = strategy->prepare(preparation(problem, *fusion));
    for (int again = 0; again < 5; ++again) {
      if (own() % 3 == 0) std::this_thread::sleep_for(std::chrono::microseconds(own() % 2000));
      ASSERT_EQ(trial.difference_after(*operation), "") << "turn " << turn << ", again " << again;
    }
  }
}

TEST_P(FusedStrategies, KeepAnEarlierOperationWorkingWhenALaterOneNeedsMoreMemory) {
  const auto strategy = FusedStrategies::strategy();
  const auto fusion = make<Fusion>(PluginKind::fusion, "RESIDUAL_RMS_NORM");
  const Problem small{world().size(), DType::bfloat16, "RESIDUAL_RMS_NORM", 33, 3};
  const Problem large{world().size(), DType::float32, "RESIDUAL_RMS_NORM", 100'000, 3};
  Trial small_trial(small, *fusion, Data::random, 1);
  Trial large_trial(large, *fusion, Data::random, 2);
  const auto small_operation = strategy->prepare(preparation(small, *fusion));
  EXPECT_EQ(small_trial.difference_after(*small_operation), "");
  const auto large_operation = strategy->prepare(preparation(large, *fusion));
  for (int turn = 0; turn < 5; ++turn) {
    EXPECT_EQ(large_trial.difference_after(*large_operation), "");
    EXPECT_EQ(small_trial.difference_after(*small_operation), "");
    EXPECT_EQ(small_trial.difference_after(*small_operation), "");
  }
}

TEST_P(FusedStrategies, LetTwoStrategiesTakeTurnsOnOneGroup) {
  const auto fusion = make<Fusion>(PluginKind::fusion, "NONE");
  const Problem problem{world().size(), DType::float16, "NONE", 100, 9};
  Trial trial(problem, *fusion, Data::random, 3);
  const auto first = make_strategy("ONESHOT");
  const auto second = make_strategy("TWOSHOT");
  const auto mine = FusedStrategies::strategy();
  std::vector<std::unique_ptr<Operation>> operations;
  for (const auto& strategy : {first, second, mine}) {
    operations.push_back(strategy->prepare(preparation(problem, *fusion)));
  }
  for (int turn = 0; turn < 20; ++turn) {
    for (const auto& operation : operations) EXPECT_EQ(trial.difference_after(*operation), "");
  }
}

INSTANTIATE_TEST_SUITE_P(Host, FusedStrategies,
                         ::testing::Values(Choice{"ONESHOT", nullptr}, Choice{"ONESHOT", "1"},
                                           Choice{"TWOSHOT", nullptr}, Choice{"TWOSHOT", "1"}),
                         [](const auto& choice) {
                           return std::string(choice.param.strategy) +
                                  (choice.param.chunk_kib == nullptr ? "" : "InSmallChunks");
                         });

}  // namespace
