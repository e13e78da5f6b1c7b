// SPDX-License-Identifier: Apache-2.0
#include "common/log_axis.hpp"

#include <gmock/gmock.h>

namespace arbiter::test {

using ::testing::ElementsAre;

TEST(LogAxis, SortsAndDropsRepeats) {
  const LogAxis axis({8, 2, 8, 4});
  EXPECT_THAT(axis.values(), ElementsAre(2, 4, 8));
  EXPECT_EQ(axis.find(4), 1U);
  EXPECT_EQ(axis.find(5), std::nullopt);
}

TEST(LogAxis, AroundAreTheLinesOnBothSides) {
  const LogAxis axis({1, 4, 64});
  EXPECT_THAT(axis.around(0), ElementsAre(0U, 0U));
  EXPECT_THAT(axis.around(4), ElementsAre(1U, 1U));
  EXPECT_THAT(axis.around(5), ElementsAre(1U, 2U));
  EXPECT_THAT(axis.around(65), ElementsAre(2U, 2U));
}

TEST(DenseAxis, HasThreeLinesBetweenTwoAndNoneBeyondEither) {
  EXPECT_THAT(dense_axis(LogAxis({256, 4096})).values(), ElementsAre(256, 512, 1024, 2048, 4096));
  EXPECT_THAT(dense_axis(LogAxis({7})).values(), ElementsAre(7));
}

TEST(DenseAxis, OfSmallNumbersHasWholeOnesOnce) {
  EXPECT_THAT(dense_axis(LogAxis({1, 2, 4})).values(), ElementsAre(1, 2, 3, 4));
}

TEST(DenseAxis, OfAFirstLineOfZeroGoesOnAtOne) {
  EXPECT_THAT(dense_axis(LogAxis({0, 16})).values(), ElementsAre(0, 1, 2, 4, 8, 16));
}

}  // namespace arbiter::test
