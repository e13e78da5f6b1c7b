// SPDX-License-Identifier: Apache-2.0
#include "lut/ratio_surface.hpp"

#include <cmath>
#include <random>

#include <gmock/gmock.h>

#include "support/decisions_data.hpp"

namespace arbiter::test {

namespace {

/// B's time over A's: slow for small messages, fast for large ones, as algorithms of one and of two steps are.
double true_ratio(std::int64_t hidden, std::int64_t tokens) {
  return 1.5 - std::tanh((std::log2(static_cast<double>(hidden * tokens)) - 17.0) / 4.0) / 2.0;
}

/// A and B on 7 x 15 cells of each fusion; each time has `noise`.
Dataset noisy(double noise, const std::vector<std::string>& fusions) {
  std::mt19937 random(7);
  std::normal_distribution<double> normal(1.0, noise);
  Dataset data;
  for (const std::string& fusion : fusions) {
    for (const std::int64_t hidden : powers_of_two(128, 8192)) {
      for (const std::int64_t tokens : powers_of_two(1, 16384)) {
        const double time = 2.0 + static_cast<double>(hidden * tokens) / 1e5;
        const Problem problem{2, DType::bfloat16, fusion, hidden, tokens};
        data.add(decision_row(problem, "A", time * normal(random)));
        data.add(decision_row(problem, "B", time * true_ratio(hidden, tokens) * normal(random)));
      }
    }
  }
  return data;
}

struct Fitted {
  explicit Fitted(const Dataset& data) : blocks(cell_blocks(data, "test")), surface(pointers(blocks)) {}
  static std::vector<const CellBlock*> pointers(const std::vector<CellBlock>& blocks) {
    std::vector<const CellBlock*> all;
    all.reserve(blocks.size());
    for (const CellBlock& block : blocks) all.push_back(&block);
    return all;
  }
  [[nodiscard]] double log_ratio(double hidden, double tokens) const {
    const std::vector<double> ratios = surface.log_ratios(0, hidden, tokens);
    return ratios[1] - ratios[0];
  }
  std::vector<CellBlock> blocks;
  RatioSurface surface;
};

double root_mean_square_error(const Fitted& fitted) {
  double sum = 0.0;
  int cells = 0;
  for (const std::int64_t hidden : powers_of_two(128, 8192)) {
    for (const std::int64_t tokens : powers_of_two(1, 16384)) {
      const double error = fitted.log_ratio(static_cast<double>(hidden), static_cast<double>(tokens)) -
                           std::log(true_ratio(hidden, tokens));
      sum += error * error;
      ++cells;
    }
  }
  return std::sqrt(sum / cells);
}

}  // namespace

TEST(RatioSurface, FollowsExactDataAndReadsBetweenThem) {
  const Fitted fitted(noisy(0.0, {"NONE"}));
  EXPECT_LT(root_mean_square_error(fitted), 0.001);
  EXPECT_LT(fitted.surface.noise(), 0.002);
  for (const std::int64_t tokens : {3, 24, 200, 3000}) {
    EXPECT_NEAR(fitted.log_ratio(3000.0, static_cast<double>(tokens)), std::log(true_ratio(3000, tokens)), 0.005);
  }
}

TEST(RatioSurface, TellsTheNoiseOfTheTimes) {
  for (const double noise : {0.01, 0.03, 0.1}) {
    const Fitted fitted(noisy(noise, {"NONE"}));
    EXPECT_NEAR(fitted.surface.noise() / noise, 1.0, 0.3) << noise;
  }
}

TEST(RatioSurface, IsMuchCloserToTheTruthThanNoisyTimes) {
  // One ratio of two times with 10 % noise each is off by 14 %.
  EXPECT_LT(root_mean_square_error(Fitted(noisy(0.1, {"NONE"}))), 0.05);
}

TEST(RatioSurface, BorrowsStrengthFromOtherFusions) {
  const Fitted alone(noisy(0.1, {"NONE"}));
  const Fitted together(noisy(0.1, {"NONE", "RESIDUAL_RMS_NORM", "RESIDUAL_RMS_NORM_QUANT_FP8"}));
  EXPECT_LT(root_mean_square_error(together), root_mean_square_error(alone));
}

TEST(RatioSurface, KnowsLessAwayFromWhatWasMeasured) {
  const Fitted fitted(noisy(0.03, {"NONE"}));
  const double inside = fitted.surface.at(0, 1024.0, 64.0).deviation_of_difference(0, 1);
  const double corner = fitted.surface.at(0, 128.0, 1.0).deviation_of_difference(0, 1);
  const double outside = fitted.surface.at(0, 1.0, 1.0).deviation_of_difference(0, 1);
  EXPECT_LT(inside, corner);
  EXPECT_LT(corner, outside);
}

TEST(RatioSurface, KnowsAChangeBetterThanItsEnds) {
  const Fitted fitted(noisy(0.03, {"NONE"}));
  const RatioEstimate change = fitted.surface.change(0, {1024.0, 64.0}, {1024.0, 256.0});
  EXPECT_NEAR(change.log_ratio[1] - change.log_ratio[0],
              fitted.log_ratio(1024.0, 256.0) - fitted.log_ratio(1024.0, 64.0), 1e-12);
  const double from = fitted.surface.at(0, 1024.0, 64.0).deviation_of_difference(0, 1);
  const double to = fitted.surface.at(0, 1024.0, 256.0).deviation_of_difference(0, 1);
  EXPECT_LT(change.deviation_of_difference(0, 1), 0.9 * std::hypot(from, to));
  EXPECT_GT(change.deviation_of_difference(0, 1), 0.1 * std::hypot(from, to));
}

TEST(RatioSurface, ComparesStrategiesMeasuredInDifferentCells) {
  // Nobody was measured everywhere. C is always a fifth slower than A.
  Dataset data;
  for (const std::int64_t tokens : powers_of_two(1, 256)) {
    if (tokens < 64) data.add(decision_row(cell_of(1024, tokens), "A", static_cast<double>(tokens)));
    if (tokens > 4) data.add(decision_row(cell_of(1024, tokens), "B", 64.0));
    data.add(decision_row(cell_of(1024, tokens), "C", 1.2 * static_cast<double>(tokens)));
  }
  const Fitted fitted(data);
  ASSERT_THAT(fitted.blocks.front().strategies, ::testing::ElementsAre("A", "C", "B"));
  for (const double tokens : {1.0, 8.0, 32.0}) {
    const std::vector<double> ratios = fitted.surface.log_ratios(0, 1024.0, tokens);
    EXPECT_NEAR(ratios[1] - ratios[0], std::log(1.2), 0.02) << tokens;
  }
}

TEST(RatioSurface, OfEqualTimesAndOfOneCellIsFinite) {
  Dataset data;
  data.add(decision_row(cell_of(1024, 1), "A", 5.0));
  data.add(decision_row(cell_of(1024, 1), "B", 5.0));
  const Fitted fitted(data);
  EXPECT_NEAR(fitted.log_ratio(1024.0, 1.0), 0.0, 1e-9);
  EXPECT_GT(fitted.surface.at(0, 1024.0, 1.0).deviation_of_difference(0, 1), 0.01);  // repeats differ by 1.4 %
  Dataset alone;
  alone.add(decision_row(cell_of(1024, 1), "A", 5.0));
  EXPECT_TRUE(std::isfinite(Fitted(alone).surface.log_ratios(0, 8.0, 8.0).front()));
}

TEST(RatioSurface, OfALargeBlockKnowsEveryStrategyFromSomeOfItsCells) {
  Dataset data;
  for (std::int64_t hidden = 512; hidden <= 16384; hidden += 512) {
    for (std::int64_t tokens = 1; tokens <= 40; ++tokens) {
      const Problem problem = cell_of(hidden, tokens);
      const double time = 2.0 + static_cast<double>(hidden * tokens) / 1e5;
      data.add(decision_row(problem, "A", time));
      data.add(decision_row(problem, "B", time * true_ratio(hidden, tokens)));
      if (hidden == 1024 && tokens > 3 && tokens < 20) data.add(decision_row(problem, "RARE", 1.2 * time));
    }
  }
  const std::vector<CellBlock> blocks = cell_blocks(data, "test");
  ASSERT_GT(blocks.front().measured_cells(), RatioSurface::most_points);
  const RatioSurface surface(blocks.front());
  for (const double tokens : {1.0, 7.0, 33.0}) {
    const std::vector<double> ratios = surface.log_ratios(0, 5000.0, tokens);
    EXPECT_NEAR(std::exp(ratios[1] - ratios[0]), true_ratio(5000, static_cast<std::int64_t>(tokens)), 0.02);
  }
  const std::vector<double> near = surface.log_ratios(0, 1024.0, 10.0);
  ASSERT_EQ(near.size(), 3U);
  EXPECT_NEAR(std::exp(near[2] - near[0]), 1.2, 0.02) << "a strategy in few cells has an estimate there";
}

}  // namespace arbiter::test
