#include "summary/lower_bound_line.hpp"

#include <gmock/gmock.h>

#include "support/decisions_data.hpp"
#include "support/unwrapped.hpp"

namespace arbiter::test {

namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;

Measurement row_over(double lower_bound_us, std::int64_t tokens, const std::string& strategy, double time_us) {
  auto row = decision_row(cell_of(128, tokens), strategy, time_us);
  row.lower_bound_us = lower_bound_us;
  return row;
}

std::string text_of(const Dataset& data) { return unwrapped(lower_bound_lines(data)); }

}  // namespace

TEST(FloorLines, TellTheFastestOfEachCellAgainstItsFloor) {
  Dataset data(Machine{"cpu", {}});
  data.add(row_over(2.0, 1, "MPI", 9.0));
  data.add(row_over(2.0, 1, "ONESHOT", 4.0));
  data.add(row_over(2.0, 8, "MPI", 16.0));
  data.add(row_over(2.0, 8, "ONESHOT", 17.0));
  data.add(decision_row(cell_of(128, 16), "MPI", 16.0));
  EXPECT_THAT(text_of(data), HasSubstr("tp 2: NONE 4.00x (2.00x to 8.00x)."));
}

TEST(FloorLines, AreNoneWithoutAFloor) {
  Dataset data(Machine{"cpu", {}});
  data.add(decision_row(cell_of(128, 1), "MPI", 16.0));
  EXPECT_THAT(lower_bound_lines(data), IsEmpty());
}

}  // namespace arbiter::test
