// SPDX-License-Identifier: Apache-2.0
#include "arbiter/dataset.hpp"

#include <gmock/gmock.h>

#include "support/decisions_data.hpp"

namespace arbiter::test {

using ::testing::ElementsAre;

TEST(Dataset, GivesAxesAscendingAndNamesInOrderOfAppearance) {
  Dataset data;
  data.add(decision_row({4, DType::float32, "RESIDUAL_RMS_NORM", 256, 8}, "TWOSHOT", 1.0));
  data.add(decision_row({2, DType::bfloat16, "NONE", 128, 16}, "MPI", 1.0));
  data.add(decision_row({2, DType::bfloat16, "RESIDUAL_RMS_NORM", 256, 1}, "TWOSHOT", 1.0));
  EXPECT_THAT(data.tp_sizes(), ElementsAre(2, 4));
  EXPECT_THAT(data.dtypes(), ElementsAre(DType::bfloat16, DType::float32));
  EXPECT_THAT(data.hidden_sizes(), ElementsAre(128, 256));
  EXPECT_THAT(data.num_tokens(), ElementsAre(1, 8, 16));
  EXPECT_THAT(data.fusions(), ElementsAre("RESIDUAL_RMS_NORM", "NONE"));
  EXPECT_THAT(data.strategies(), ElementsAre("TWOSHOT", "MPI"));
}

TEST(Dataset, GroupsRowsByProblemInProblemOrderKeepingRowOrderWithinACell) {
  Dataset data;
  data.add(decision_row(cell_of(256, 1), "A", 3.0));
  data.add(decision_row(cell_of(128, 4), "A", 1.0));
  data.add(decision_row(cell_of(256, 1), "AUTO", 2.0));
  data.add(decision_row({2, DType::bfloat16, "A_FUSION", 512, 1}, "A", 1.0));
  data.add(decision_row(cell_of(256, 1), "B", 1.0));
  const auto cells = data.cells();
  std::vector<Problem> order;
  order.reserve(cells.size());
  for (const auto& [problem, rows] : cells) order.push_back(problem);
  EXPECT_TRUE(std::is_sorted(order.begin(), order.end()));
  ASSERT_EQ(cells.size(), 3U);
  EXPECT_THAT(cells.at(cell_of(256, 1)), ElementsAre(&data.rows()[0], &data.rows()[2], &data.rows()[4]));
}

TEST(Dataset, ProblemsThatDifferInOneThingAreDifferentCells) {
  const std::vector<Problem> problems = {{2, DType::bfloat16, "NONE", 128, 1}, {2, DType::bfloat16, "NONE", 128, 2},
                                         {2, DType::bfloat16, "NONE", 256, 1}, {2, DType::bfloat16, "OTHER", 128, 1},
                                         {2, DType::float16, "NONE", 128, 1},  {4, DType::bfloat16, "NONE", 128, 1}};
  Dataset data;
  for (const char* strategy : {"A", "B"}) {
    for (const Problem& problem : problems) data.add(decision_row(problem, strategy, 1.0));
  }
  const auto cells = data.cells();
  EXPECT_EQ(cells.size(), problems.size());
  for (std::size_t i = 0; i < problems.size(); ++i) {
    ASSERT_EQ(cells.count(problems[i]), 1U) << to_string(problems[i]);
    EXPECT_THAT(cells.at(problems[i]), ElementsAre(&data.rows()[i], &data.rows()[i + problems.size()]));
  }
}

TEST(Dataset, BestIsTheFirstOfTheSmallestUsableTimesAndNeverAuto) {
  Dataset data;
  data.add(decision_row(cell_of(128, 1), "AUTO", 0.5));
  Measurement broken = decision_row(cell_of(128, 1), "A", 0.7);
  broken.failed = true;
  data.add(broken);
  data.add(decision_row(cell_of(128, 1), "B", 2.0));
  data.add(decision_row(cell_of(128, 1), "C", 1.0));
  data.add(decision_row(cell_of(128, 1), "D", 1.0));
  data.add(decision_row(cell_of(128, 1), "B", 1.5));
  const auto cells = data.cells();
  const auto& cell = cells.at(cell_of(128, 1));
  EXPECT_EQ(best_of(cell), &data.rows()[3]);
  EXPECT_EQ(row_of(cell, "B"), &data.rows()[5]);
  EXPECT_EQ(row_of(cell, "A"), nullptr);
  EXPECT_EQ(row_of(cell, "AUTO"), &data.rows()[0]);
}

TEST(Dataset, OfRepeatedRowsTheFirstOfTheSmallestTimesCounts) {
  Dataset data;
  for (const double us : {2.0, 1.0, 1.0, 3.0}) data.add(decision_row(cell_of(128, 1), "A", us));
  const auto cells = data.cells();
  EXPECT_EQ(row_of(cells.begin()->second, "A"), &data.rows()[1]);
}

TEST(Dataset, ACellWithFailuresOnlyHasNoBest) {
  Dataset data;
  data.add(failed_row(cell_of(128, 1), "A"));
  EXPECT_EQ(best_of(data.cells().begin()->second), nullptr);
}

TEST(Dataset, AppendKeepsOwnMachineAndAddsWhatItLacks) {
  Dataset all;
  Dataset first(Machine{"cpu", {{"cpu", "EPYC"}}});
  first.add(decision_row(cell_of(128, 1), "A", 1.0));
  Dataset second(Machine{"sm90", {{"cpu", "other"}, {"mpi", "4.1"}}});
  second.add(decision_row(cell_of(128, 2), "B", 1.0));
  all.append(first);
  all.append(second);
  EXPECT_EQ(all.machine().platform, "cpu");
  EXPECT_EQ(all.machine().facts.at("cpu"), "EPYC");
  EXPECT_EQ(all.machine().facts.at("mpi"), "4.1");
  EXPECT_THAT(all.strategies(), ElementsAre("A", "B"));
  EXPECT_EQ(all.rows().front().strategy, "A");
  all.append(all);
  EXPECT_EQ(all.rows().size(), 4U);
}

TEST(Dataset, FiltersKeepTheMachine) {
  Dataset data(Machine{"cpu", {}});
  data.add(decision_row({2, DType::bfloat16, "NONE", 128, 1}, "A", 1.0));
  data.add(decision_row({4, DType::bfloat16, "NONE", 128, 1}, "A", 1.0));
  data.add(decision_row({4, DType::bfloat16, "X", 128, 1}, "A", 1.0));
  EXPECT_EQ(data.of_tp_size(4).rows().size(), 2U);
  EXPECT_EQ(data.of_tp_size(4).of_fusion("X").rows().size(), 1U);
  EXPECT_EQ(data.of_fusion("X").machine().platform, "cpu");
}

TEST(Dataset, FileStemNamesTpSizeAndPlatform) { EXPECT_EQ(file_stem(4, "sm90"), "benchmark.tp4.sm90"); }

TEST(Dataset, RowsOutliveItWhereTheyAreCopiedOrShared) {
  const auto made = [] {
    Dataset data;
    for (std::int64_t tokens = 1; tokens <= 100; ++tokens) data.add(decision_row(cell_of(64, tokens), "A", 1.0));
    return data;
  };
  const auto rows = made().rows();
  const Dataset some = made().filtered([](const Measurement& row) { return row.problem.num_tokens > 98; });
  ASSERT_EQ(rows.size(), 100U);
  EXPECT_EQ(rows.back().problem.num_tokens, 100);
  ASSERT_EQ(some.rows().size(), 2U);
  EXPECT_EQ(some.rows().front().problem.num_tokens, 99);
}

TEST(Dataset, ARowAddedToACopyIsInTheCopyOnly) {
  Dataset data;
  data.add(decision_row(cell_of(64, 1), "A", 1.0));
  Dataset copy = data;
  copy.add(decision_row(cell_of(64, 2), "A", 1.0));
  data.add(decision_row(cell_of(64, 3), "A", 1.0));
  EXPECT_EQ(copy.rows().back().problem.num_tokens, 2);
  EXPECT_EQ(data.rows().back().problem.num_tokens, 3);
  data.append(data);
  EXPECT_EQ(data.rows().size(), 4U);
}

}  // namespace arbiter::test
