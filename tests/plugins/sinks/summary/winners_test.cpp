// SPDX-License-Identifier: Apache-2.0
#include "summary/winners.hpp"

#include <gmock/gmock.h>

#include "common/text_wrap.hpp"
#include "support/decisions_data.hpp"

namespace arbiter::test {

namespace {

using ::testing::ElementsAre;
using ::testing::Pair;

Dataset two_fusions() {
  Dataset data(Machine{"cpu", {}});
  for (const std::int64_t tokens : {1, 2, 4, 8}) {
    data.add(decision_row(cell_of(128, tokens), "MPI", 40.0));
    data.add(decision_row(cell_of(128, tokens), "ONESHOT", tokens < 8 ? 10.0 : 50.0));
    data.add(decision_row(cell_of(128, tokens), "AUTO", 1.0));
  }
  data.add(decision_row({2, DType::bfloat16, "RESIDUAL_RMS_NORM", 128, 1}, "ONESHOT", 10.0));
  data.add(failed_row({2, DType::bfloat16, "RESIDUAL_RMS_NORM", 128, 2}, "ONESHOT"));
  return data;
}

}  // namespace

TEST(Winners, CountCellsAndCompareTheBestWithTheBaseline) {
  const std::vector<Winners> all = winners(two_fusions(), "MPI");
  ASSERT_EQ(all.size(), 2U);
  EXPECT_EQ(all[0].fusion, "NONE");
  EXPECT_EQ(all[0].cells, 4);
  EXPECT_THAT(all[0].wins, ElementsAre(Pair("ONESHOT", 3), Pair("MPI", 1)));
  EXPECT_NEAR(all[0].speed_up, std::pow(4.0, 0.75), 1e-12);
  EXPECT_EQ(all[1].cells, 1);
  EXPECT_EQ(all[1].compared, 0);
}

TEST(Winners, AreAnAlignedTable) {
  EXPECT_THAT(winners_table(winners(two_fusions(), "MPI"), "MPI"),
              ElementsAre(" tp  fusion              cells   vs MPI  fastest in",
                          "  2  NONE                    4    2.83x  ONESHOT 75 %, MPI 25 %",
                          "  2  RESIDUAL_RMS_NORM       1        -  ONESHOT 100 %"));
}

TEST(Winners, OfManyStrategiesStayWithinTheWidth) {
  Dataset data;
  for (int i = 0; i < 12; ++i) {
    const std::string name = "A_STRATEGY_WITH_A_NAME_" + std::to_string(i);
    for (int other = 0; other < 6; ++other) {
      data.add(decision_row(cell_of(128, 1 + other), name, i == other ? 1.0 : 2.0));
    }
  }
  const std::vector<std::string> lines = winners_table(winners(data, "MPI"), "MPI");
  for (const std::string& line : lines) EXPECT_LE(line.size(), summary_width);
  EXPECT_THAT(lines[1], ::testing::HasSubstr("A_STRATEGY_WITH_A_NAME_0 17 %"));
  EXPECT_THAT(lines.back(), ::testing::EndsWith("0 %"));
  EXPECT_THAT(lines, ::testing::Contains(::testing::HasSubstr("; 6 others")));
}

TEST(Winners, WithoutUsableCellsSaySo) {
  Dataset data;
  data.add(failed_row(cell_of(128, 1), "A"));
  EXPECT_THAT(winners_table(winners(data, "MPI"), "MPI").back(), ::testing::HasSubstr("nothing usable"));
}

}  // namespace arbiter::test
