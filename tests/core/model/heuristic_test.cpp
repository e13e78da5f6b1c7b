// SPDX-License-Identifier: Apache-2.0
#include "arbiter/heuristic.hpp"

#include <gtest/gtest.h>

#include "support/decisions_data.hpp"

namespace arbiter::test {

TEST(SampledTable, HasWhatTheSelectorChoosesInEveryCellOfEachPart) {
  Dataset data(Machine{"sm90", {}});
  data.add(decision_row(cell_of(128, 1), "NCCL", 1.0));
  data.add(decision_row(cell_of(256, 8), "NCCL", 1.0));
  data.add(decision_row({4, DType::float32, "NONE", 96, 3}, "NCCL", 1.0));
  const FunctionSelector selector("mine", [](const Problem& problem) {
    return problem.dtype == DType::float32 ? "TWOSHOT" : problem.elements() < 1024 ? "ONESHOT" : "NCCL";
  });
  const DecisionTable table = sampled_table(selector, data);
  EXPECT_EQ(table.look_up, LookUp::nearest);
  ASSERT_EQ(table.grids.size(), 2U);
  for (const std::int64_t hidden : {128, 256}) {
    for (const std::int64_t tokens : {1, 8}) {
      EXPECT_EQ(table.select(cell_of(hidden, tokens)), selector.select(cell_of(hidden, tokens)));
    }
  }
  EXPECT_EQ(table.select({4, DType::float32, "NONE", 96, 3}), "TWOSHOT");
  EXPECT_EQ(table.select({8, DType::float32, "NONE", 96, 3}), "NCCL");
}

TEST(BaselineStrategy, IsMpiOnAHost) {
  Dataset data(Machine{"cpu", {}});
  data.add(decision_row(cell_of(128, 1), "ONESHOT", 1.0));
  EXPECT_EQ(baseline_strategy(data), "MPI");
  EXPECT_EQ(baseline_strategy(Dataset{}), "MPI");
}

TEST(BaselineStrategy, IsNcclOnAGpuOrWhereItWasMeasured) {
  EXPECT_EQ(baseline_strategy(Dataset(Machine{"sm90", {}})), "NCCL");
  Dataset nccl;
  nccl.add(decision_row(cell_of(128, 1), "NCCL", 1.0));
  EXPECT_EQ(baseline_strategy(nccl), "NCCL");
  Dataset cuda;
  cuda.add(decision_row(cell_of(128, 1), "ONESHOT", 1.0));
  Measurement row = cuda.rows().front();
  row.setting.backend = "cuda";
  cuda.add(row);
  EXPECT_EQ(baseline_strategy(cuda), "NCCL");
}

}  // namespace arbiter::test
