// SPDX-License-Identifier: Apache-2.0
#include <chrono>
#include <cmath>

#include <gmock/gmock.h>
#include <mpi.h>

#include "comm/mpi_group.hpp"
#include "gpu_fixture.hpp"
#include "measure/run_probe.hpp"

namespace {

using namespace arbiter;

MpiGroup& world() {
  static MpiGroup group(MPI_COMM_WORLD);
  return group;
}

class CudaLimits : public arbiter::testing::GpuFixture {};

TEST_F(CudaLimits, AreThereAndArriveWhole) {
  const auto limits = run_probe(backend(), world(), {.time_target_ms = 20, .min_samples = 3});
  const auto ranks = static_cast<std::size_t>(world().size());
  EXPECT_EQ(limits.rows().size(), 1U + ranks * (ranks - 1) / 2 + 3U * (ranks * (ranks - 1) + 3U));
  for (const auto& row : limits.rows()) {
    EXPECT_EQ(row.reason, "") << name_of(row.what.kind) << " " << row.what.from << " to " << row.what.to;
    EXPECT_GT(row.value, 0.0) << name_of(row.what.kind) << " " << row.what.from << " to " << row.what.to;
  }
  EXPECT_FALSE(std::isnan(limits.lower_bound_us({world().size(), DType::bfloat16, "NONE", 4096, 1}, Context::engine)));
}

TEST_F(CudaLimits, NoticeWhatWasNotSent) {
  const auto prober = backend().machine_prober(world(), std::chrono::seconds(10));
  for (const auto& what : prober->cases()) {
    const auto operation = prober->probe(what);
    prober->clear();
    world().barrier();
    const bool expects = !what.senders_to(world().rank(), world().size()).empty();
    EXPECT_EQ(prober->missing(what).empty(), !expects) << name_of(what.kind);
    world().barrier();
    backend().run(*operation, {});
    world().barrier();
    EXPECT_EQ(prober->missing(what), "") << name_of(what.kind);
  }
}

}  // namespace
