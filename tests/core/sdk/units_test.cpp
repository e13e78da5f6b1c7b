// SPDX-License-Identifier: Apache-2.0
#include "arbiter/units.hpp"

#include <limits>

#include <gtest/gtest.h>

namespace arbiter {
namespace {

TEST(Units, ATimeIsWrittenAsPeopleWriteIt) {
  EXPECT_EQ(time_text(2.9412), "2.94 us");
  EXPECT_EQ(time_text(12430.0), "12.4 ms");
  EXPECT_EQ(time_text(1.5e6), "1.5 s");
  EXPECT_EQ(time_text(0.085), "85 ns");
  EXPECT_EQ(time_text(0.25), "0.25 us");
  EXPECT_EQ(time_text(5.0), "5 us");
  EXPECT_EQ(time_text(0.0), "0 us");
  EXPECT_EQ(time_text(-2.5), "-2.5 us");
  EXPECT_EQ(time_text(185e6), "3 min 05 s");
  EXPECT_EQ(time_text(std::numeric_limits<double>::quiet_NaN()), "nan us");
}

TEST(Units, ATimeThatRoundsUpToTheNextUnitHasThatUnit) {
  EXPECT_EQ(time_text(999.4), "999 us");
  EXPECT_EQ(time_text(999.6), "1 ms");
  EXPECT_EQ(time_text(999'600.0), "1 s");
  EXPECT_EQ(time_text(59.96e6), "1 min 00 s");
  EXPECT_EQ(time_text(0.09996), "0.1 us");
}

TEST(Units, TimesToCompareHaveADigitMore) {
  EXPECT_EQ(time_text_to_compare(8.4314), "8.431 us");
  EXPECT_EQ(time_text_to_compare(12434.0), "12.43 ms");
  EXPECT_EQ(time_text_to_compare(999.6), "999.6 us");
}

TEST(Units, DurationsReadNaturally) {
  EXPECT_EQ(duration_text(0.0), "0 s");
  EXPECT_EQ(duration_text(41.2), "42 s");
  EXPECT_EQ(duration_text(185.0), "3 min 05 s");
  EXPECT_EQ(duration_text(4320.0), "1 h 12 min");
}

TEST(Units, DurationsChangeTheirUnitAtAMinuteAndAtAnHour) {
  EXPECT_EQ(duration_text(-5.0), "0 s");
  EXPECT_EQ(duration_text(59.0), "59 s");
  EXPECT_EQ(duration_text(59.5), "1 min 00 s");
  EXPECT_EQ(duration_text(3599.0), "59 min 59 s");
  EXPECT_EQ(duration_text(3600.0), "1 h 00 min");
  EXPECT_EQ(duration_text(7261.0), "2 h 01 min");
}

TEST(Units, ASizeIsExact) {
  EXPECT_EQ(size_text(512), "512 B");
  EXPECT_EQ(size_text(65536), "64 KiB");
  EXPECT_EQ(size_text(5760), "5760 B");
  EXPECT_EQ(size_text(3 << 19), "1.5 MiB");
  EXPECT_EQ(size_text(std::int64_t{10'485'759}), "10485759 B");
  EXPECT_EQ(size_text(std::int64_t{1} << 40), "1048576 MiB");
}

}  // namespace
}  // namespace arbiter
