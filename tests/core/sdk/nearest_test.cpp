// SPDX-License-Identifier: Apache-2.0
#include "sdk/nearest.hpp"

#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace arbiter {
namespace {

const std::vector<std::string> names = {"tp_size", "dtype", "fusion", "hidden_size", "num_tokens"};

TEST(Nearest, FindsSlipsOfTheFinger) {
  EXPECT_EQ(nearest("hidden_sizes", names), "hidden_size");
  EXPECT_EQ(nearest("tpsize", names), "tp_size");
  EXPECT_EQ(nearest("FUSION", names), "fusion");
  EXPECT_EQ(nearest("fuison", names), "fusion");
  EXPECT_EQ(nearest("num-token", names), "num_tokens");
}

TEST(Nearest, SaysNothingWhenNothingIsNear) {
  EXPECT_EQ(nearest("colour", names), std::nullopt);
  EXPECT_EQ(nearest("", names), std::nullopt);
  EXPECT_EQ(nearest(std::string(100'000, 'x'), names), std::nullopt);
  EXPECT_EQ(nearest("fusion", {}), std::nullopt);
}

TEST(Nearest, PrefersTheNearerOfTwo) {
  const std::vector<std::string> shots = {"TWOSHOT", "ONESHOT"};
  EXPECT_EQ(nearest("ONESHOTT", shots), "ONESHOT");
}

TEST(Nearest, AllowsOneSlipForEveryThreeLettersAndOneAtLeast) {
  const std::vector<std::string> words = {"ab", "sixsix"};
  EXPECT_EQ(nearest("a", words), "ab");
  EXPECT_EQ(nearest("a?", words), "ab");
  EXPECT_EQ(nearest("??", words), std::nullopt);
  EXPECT_EQ(nearest("six???", words), std::nullopt);
  EXPECT_EQ(nearest("sixs??", words), "sixsix");
  EXPECT_EQ(nearest("sixs", words), "sixsix") << "of the longer of both";
  EXPECT_EQ(nearest("six", words), std::nullopt);
  const std::vector<std::string> four = {"four"};
  EXPECT_EQ(nearest("fourxy", four), "four");
  EXPECT_EQ(nearest("fourxyz", four), std::nullopt);
}

TEST(Nearest, TakesTheFirstOfEquallyNearOnes) {
  const std::vector<std::string> shots = {"shotA", "shotB"};
  EXPECT_EQ(nearest("shotC", shots), "shotA");
}

TEST(Nearest, ReadsNamesOfUpTo64Letters) {
  const std::vector<std::string> long_names = {std::string(64, 'x')};
  EXPECT_EQ(nearest(std::string(63, 'x') + "y", long_names), std::string(64, 'x'));
  EXPECT_EQ(nearest(std::string(65, 'x'), long_names), std::nullopt);
}

TEST(Suggestion, ListsWhatIsAllowed) {
  const std::vector<std::string> heuristics = {"lut", "lp"};
  EXPECT_EQ(suggestion("lutt", heuristics), "; did you mean lut? Allowed: lut, lp");
  EXPECT_EQ(suggestion("oracle", heuristics), "; allowed: lut, lp");
  EXPECT_EQ(suggestion("lut", {}), "; allowed: nothing");
}

}  // namespace
}  // namespace arbiter
