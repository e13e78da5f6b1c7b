// SPDX-License-Identifier: Apache-2.0
// Blocks of a cluster that share a row wait for each other: as long as a peer may be waited for, and not silently.
#include "arbiter/error.hpp"
#include "device_code/stalling_epilogue.hpp"
#include "strategies/hazards/hazards_fixture.hpp"

namespace arbiter::testing {
namespace {

using namespace std::chrono_literals;

/// NONE, by rows whose first block is late by some time.
class StallingFusion : public Fusion {
 public:
  [[nodiscard]] std::vector<TensorSpec> do_tensors(const Problem& problem) const override {
    return none_->tensors(problem);
  }
  [[nodiscard]] std::unique_ptr<HostEpilogue> do_host_epilogue(const Problem& problem) const override {
    return none_->host_epilogue(problem);
  }
  [[nodiscard]] cuda::DeviceEpilogue device_epilogue(const Problem& problem) const override {
    return {.code = cuda::stalling_epilogue_code(problem.dtype), .scalars = {static_cast<float>(stall.count())}};
  }
  void do_reference_row(const Problem& problem, const Bindings& host, std::int64_t row, std::span<const double> sum,
                        std::span<const double> tolerance, std::vector<ReferenceRow>& outputs) const override {
    none_->reference_row(problem, host, row, sum, tolerance, outputs);
  }

  std::chrono::milliseconds stall{0};

 private:
  std::shared_ptr<Fusion> none_ = make<Fusion>(PluginKind::fusion, "NONE");
};

class ClusterWaits : public HazardsOfKernels {
 protected:
  void SetUp() override {
    HazardsOfKernels::SetUp();
    if (!IsSkipped() && backend().sm_version() < 90) GTEST_SKIP() << "no clusters before sm_90";
  }
  [[nodiscard]] static Problem problem() { return {world().size(), DType::bfloat16, "NONE", 8192, 1}; }
  [[nodiscard]] static std::shared_ptr<Strategy> by_two_blocks() {
    return cuda_strategy(GetParam(), {{"blocks_per_row", "2"}});
  }
};

TEST_P(ClusterWaits, LastAsLongAsAPeerIsWaitedFor) {
  StallingFusion fusion;
  const auto strategy = by_two_blocks();
  DeviceTrial trial(backend(), problem(), fusion, Data::random, 1);
  for (const auto stall : {0ms, 2000ms}) {
    fusion.stall = stall;
    const auto operation = prepare(*strategy, problem(), fusion, 60s);
    ASSERT_EQ(difference_after(*operation, trial), "") << "after " << stall.count() << " ms";
  }
}

TEST_P(ClusterWaits, AreReportedWhenTheyGiveUp) {
  StallingFusion fusion;
  const auto strategy = by_two_blocks();
  DeviceTrial trial(backend(), problem(), fusion, Data::random, 2);
  fusion.stall = 0ms;
  const auto before = prepare(*strategy, problem(), fusion);
  ASSERT_EQ(difference_after(*before, trial), "");
  trial.restore_input();
  const auto patience = gpus_are_shared() ? 1000ms : 300ms;
  fusion.stall = 5 * patience;
  const auto operation = prepare(*strategy, problem(), fusion, patience);
  world().barrier();
  const Failure failure = failure_of([&] { backend().run(*operation, trial.bindings()); });
  ASSERT_EQ(agreed(failure.timed_out ? "" : "it was told \"" + failure + "\""), "");
  // In TWOSHOT the peers wait for rank 0, which owns the row.
  const bool waits_for_own = std::string(GetParam()) == "ONESHOT" || world().rank() == 0;
  const bool said_so = failure.find("for its own blocks in operation") != std::string::npos;
  ASSERT_EQ(agreed(waits_for_own && !said_so ? "it was told \"" + failure + "\"" : ""), "");
  fusion.stall = 0ms;
  const auto again = prepare(*strategy, problem(), fusion);
  ASSERT_EQ(difference_after(*again, trial), "");
}

INSTANTIATE_TEST_SUITE_P(Cuda, ClusterWaits, ::testing::Values("ONESHOT", "TWOSHOT"), name_of_kernels);

}  // namespace
}  // namespace arbiter::testing
