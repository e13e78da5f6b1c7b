#include "arbiter/heuristic.hpp"

#include <gtest/gtest.h>

#include "support/decisions_data.hpp"

namespace arbiter::test {

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
  row.backend = "cuda";
  cuda.add(row);
  EXPECT_EQ(baseline_strategy(cuda), "NCCL");
}

}  // namespace arbiter::test
