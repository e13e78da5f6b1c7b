// SPDX-License-Identifier: Apache-2.0
#include "model/choice_regions.hpp"

#include <gtest/gtest.h>

namespace arbiter::test {

TEST(ChoiceRegions, AreOneWhereOneChoiceIsEverywhere) {
  EXPECT_EQ(choice_regions({{{128, 1}, "A"}, {{128, 16}, "A"}, {{4096, 1}, "A"}, {{4096, 16}, "A"}}), 1);
  EXPECT_EQ(choice_regions({}), 0);
}

TEST(ChoiceRegions, AreNeighboursAlongTheAxesNotTheDiagonals) {
  EXPECT_EQ(choice_regions({{{128, 1}, "A"}, {{128, 16}, "B"}, {{4096, 1}, "B"}, {{4096, 16}, "A"}}), 4);
}

TEST(ChoiceRegions, OfOneChoiceCanBeSeveral) {
  EXPECT_EQ(choice_regions({{{128, 1}, "A"}, {{128, 2}, "B"}, {{128, 4}, "A"}}), 3);
}

TEST(ChoiceRegions, DoNotReachAcrossAMissingCell) {
  EXPECT_EQ(choice_regions({{{128, 1}, "A"}, {{128, 4}, "A"}, {{256, 2}, "B"}}), 3);
}

}  // namespace arbiter::test
