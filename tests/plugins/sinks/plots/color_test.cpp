// SPDX-License-Identifier: Apache-2.0
#include "color.hpp"

#include <cmath>
#include <set>

#include <gmock/gmock.h>

namespace arbiter::plots {
namespace {

double luminance(Color color) {
  double sum = 0.0;
  for (const auto& [shift, weight] : {std::pair{16U, 0.2126}, std::pair{8U, 0.7152}, std::pair{0U, 0.0722}}) {
    const double value = static_cast<double>((color >> shift) & 0xFFU) / 255.0;
    sum += weight * (value <= 0.04045 ? value / 12.92 : std::pow((value + 0.055) / 1.055, 2.4));
  }
  return sum;
}

TEST(Color, TextOnEveryColourOfTheGradientsIsReadable) {
  for (const Gradient* gradient : {&time_gradient(), &overhead_gradient(), &change_gradient()}) {
    for (int i = 0; i <= 100; ++i) {
      const Color background = interpolate(*gradient, i / 100.0);
      const double paper = luminance(background);
      const double ink = luminance(ink_on(background));
      const double contrast = (std::max(paper, ink) + 0.05) / (std::min(paper, ink) + 0.05);
      EXPECT_GE(contrast, 4.5) << hex(background);
    }
  }
}

TEST(Color, GradientsChangeInLightnessByEqualSteps) {
  for (const Gradient* gradient : {&time_gradient(), &overhead_gradient()}) {
    const auto lightness = [](Color color) { return 116.0 * std::cbrt(luminance(color)) - 16.0; };
    const double step =
        (lightness(gradient->back()) - lightness(gradient->front())) / static_cast<double>(gradient->size() - 1);
    for (std::size_t i = 1; i < gradient->size(); ++i) {
      EXPECT_NEAR(lightness((*gradient)[i]) - lightness((*gradient)[i - 1]), step, 1.0) << i;
    }
  }
}

TEST(Color, OfNoChangeIsWhiteBetweenEqualStepsToBothSides) {
  const Gradient& gradient = change_gradient();
  ASSERT_EQ(gradient.size() % 2, 1U);
  const std::size_t middle = gradient.size() / 2;
  EXPECT_EQ(gradient[middle], white);
  for (std::size_t i = 1; i <= middle; ++i) {
    EXPECT_NEAR(std::cbrt(luminance(gradient[middle - i])), std::cbrt(luminance(gradient[middle + i])), 0.01) << i;
  }
}

TEST(Color, InterpolatesBetweenNeighbours) {
  const Gradient gradient = {0x000000, 0x204060, 0xFFFFFF};
  EXPECT_EQ(interpolate(gradient, 0.25), 0x102030U);
  EXPECT_EQ(interpolate(gradient, 0.5), 0x204060U);
  EXPECT_EQ(interpolate(gradient, -1.0), 0x000000U);
  EXPECT_EQ(interpolate(gradient, 2.0), 0xFFFFFFU);
}

}  // namespace

namespace {

const std::vector<std::string> well_known = {"NCCL",  "MIN_LATENCY",    "UB", "ONESHOT", "TWOSHOT", "LOWPRECISION",
                                             "MNNVL", "NCCL_SYMMETRIC", "MPI"};

TEST(StrategyColors, AreTheSameWhateverElseIsThere) {
  const auto all = strategy_colors(well_known);
  for (const auto& name : well_known) EXPECT_EQ(strategy_colors({"OTHER", name}).at(name), all.at(name)) << name;
}

TEST(StrategyColors, OfTheShippedConfigurationsAreDifferentAndTheSameWhateverElseIsThere) {
  const std::vector<std::string> names = {"NCCL",
                                          "NCCL_SYMMETRIC",
                                          "ONESHOT",
                                          "TWOSHOT",
                                          "ONESHOT_PLAIN",
                                          "TWOSHOT_PLAIN",
                                          "FLASHINFER_ONESHOT",
                                          "FLASHINFER_TWOSHOT",
                                          "VLLM_CUSTOM",
                                          "TORCH_SYMM_ONESHOT",
                                          "TORCH_SYMM_TWOSHOT",
                                          "FLASHINFER_ONESHOT_EARLY",
                                          "TRTLLM_ONESHOT",
                                          "TRTLLM_TWOSHOT",
                                          "SGLANG_1SHOT_PUSH",
                                          "SGLANG_2SHOT_PUSH",
                                          "MPI",
                                          "MPI_RING",
                                          "SGLANG_1SHOT_PULL",
                                          "SGLANG_2SHOT_PULL"};
  const auto all = strategy_colors(names);
  std::set<Color> colors;
  for (const auto& name : names) {
    colors.insert(all.at(name));
    EXPECT_EQ(strategy_colors({"A", "B", "C", name, "Z"}).at(name), all.at(name)) << name;
  }
  EXPECT_EQ(colors.size(), names.size());
}

TEST(StrategyColors, DoNotDependOnTheOrder) {
  EXPECT_EQ(strategy_colors({"A", "B", "C", "D", "E", "F"}), strategy_colors({"F", "B", "E", "A", "D", "C"}));
}

TEST(StrategyColors, AreDifferentForTwentyStrategies) {
  std::vector<std::string> names = well_known;
  for (int i = 0; i < 11; ++i) names.push_back("THEIRS_" + std::to_string(i));
  std::set<Color> colors;
  for (const auto& [name, color] : strategy_colors(names)) colors.insert(color);
  EXPECT_EQ(colors.size(), names.size());
}

TEST(StrategyColors, SufficeForMoreStrategiesThanThereAreColours) {
  std::vector<std::string> names;
  names.reserve(100);
  for (int i = 0; i < 100; ++i) names.push_back("THEIRS_" + std::to_string(i));
  EXPECT_EQ(strategy_colors(names).size(), 100U);
}

TEST(StrategyColors, AreTheSameInAllPictures) {
  EXPECT_EQ(hex(strategy_colors({"NCCL"}).at("NCCL")), "#0072b2");
  EXPECT_EQ(hex(strategy_colors({"RING"}).at("RING")), "#b15928");
  EXPECT_EQ(hex(strategy_colors({"THEIRS"}).at("THEIRS")), "#99ddff");
  const auto both = strategy_colors({"THEIRS_1", "THEIRS_2", "THEIRS_3", "THEIRS_4", "THEIRS_5", "THEIRS_6"});
  std::string colors;
  for (const auto& [name, color] : both) colors += hex(color) + " ";
  EXPECT_EQ(colors, "#ee8866 #ffaabb #bbcc33 #661100 #44aa99 #117733 ");
}

}  // namespace
}  // namespace arbiter::plots
