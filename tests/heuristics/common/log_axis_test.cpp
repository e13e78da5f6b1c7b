#include "common/log_axis.hpp"

#include <gmock/gmock.h>

namespace arbiter::test {

TEST(LogAxis, SortsAndDropsRepeats) {
  const LogAxis axis({8, 2, 8, 4});
  EXPECT_THAT(axis.values(), ::testing::ElementsAre(2, 4, 8));
  EXPECT_EQ(axis.find(4), 1U);
  EXPECT_EQ(axis.find(5), std::nullopt);
}

TEST(LogAxis, NearestIsOfLogarithmsAndTheSmallerOnATie) {
  const LogAxis axis({1, 4, 64, 1024});
  EXPECT_EQ(axis.nearest(0), 0U);
  EXPECT_EQ(axis.nearest(1), 0U);
  EXPECT_EQ(axis.nearest(2), 0U);  // as near to 4
  EXPECT_EQ(axis.nearest(3), 1U);
  EXPECT_EQ(axis.nearest(16), 1U);  // as near to 64
  EXPECT_EQ(axis.nearest(17), 2U);  // although 4 is nearer in tokens
  EXPECT_EQ(axis.nearest(1'000'000), 3U);
}

}  // namespace arbiter::test
