// SPDX-License-Identifier: Apache-2.0
#include "lut/cholesky.hpp"

#include <cmath>

#include <gmock/gmock.h>

namespace arbiter::test {

using ::testing::DoubleNear;
using ::testing::ElementsAre;

TEST(Cholesky, SolvesAndHasTheDeterminant) {
  // L = {{2}, {1, 3}, {4, 5, 6}}; what is above the diagonal is not read.
  const Cholesky factor({4.0, -1.0, -1.0, 2.0, 10.0, -1.0, 8.0, 19.0, 77.0}, 3);
  EXPECT_EQ(factor.size(), 3U);
  EXPECT_NEAR(factor.log_determinant(), 2.0 * std::log(2.0 * 3.0 * 6.0), 1e-12);
  std::vector<double> lower = {2.0, 7.0, 32.0};  // L (1, 2, 3)
  factor.solve_lower(lower);
  EXPECT_THAT(lower, ElementsAre(DoubleNear(1.0, 1e-12), DoubleNear(2.0, 1e-12), DoubleNear(3.0, 1e-12)));
  std::vector<double> whole = {4.0 + 2.0 * 2.0 + 3.0 * 8.0, 2.0 + 2.0 * 10.0 + 3.0 * 19.0,
                               8.0 + 2.0 * 19.0 + 3.0 * 77.0};
  factor.solve(whole);
  EXPECT_THAT(whole, ElementsAre(DoubleNear(1.0, 1e-12), DoubleNear(2.0, 1e-12), DoubleNear(3.0, 1e-12)));
}

}  // namespace arbiter::test
