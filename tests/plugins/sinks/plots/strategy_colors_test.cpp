#include "strategy_colors.hpp"

#include <set>

#include <gmock/gmock.h>

namespace arbiter::plots {
namespace {

const std::vector<std::string> well_known = {"NCCL",  "MIN_LATENCY",    "UB", "ONESHOT", "TWOSHOT", "LOWPRECISION",
                                             "MNNVL", "NCCL_SYMMETRIC", "MPI"};

TEST(StrategyColors, AreTheSameWhateverElseIsThere) {
  const auto all = strategy_colors(well_known);
  for (const auto& name : well_known) EXPECT_EQ(strategy_colors({"OTHER", name}).at(name), all.at(name)) << name;
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

}  // namespace
}  // namespace arbiter::plots
