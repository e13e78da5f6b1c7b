// SPDX-License-Identifier: Apache-2.0
#include "common/geometric_mean.hpp"

#include <gtest/gtest.h>

namespace arbiter::test {

TEST(GeometricMean, OfAFactorAndItsInverseIsOne) {
  EXPECT_DOUBLE_EQ(geometric_mean({2.0, 0.5}), 1.0);
  EXPECT_DOUBLE_EQ(geometric_mean({2.0, 4.0, 8.0}), 4.0);
  EXPECT_DOUBLE_EQ(geometric_mean({3.0}), 3.0);
}

TEST(GeometricMean, OfNothingIsZero) { EXPECT_EQ(geometric_mean({}), 0.0); }

}  // namespace arbiter::test
