// SPDX-License-Identifier: Apache-2.0
// After a rank timed out, what the ranks share cannot be trusted: every later operation on it fails in words, on every
// rank, and none returns wrong data. Prepared anew, the strategy works again.
#include <array>
#include <utility>
#include <vector>

#include "arbiter/error.hpp"
#include "strategies/hazards/hazards_fixture.hpp"
#include "strategies/hazards/sequence.hpp"

namespace arbiter::testing {
namespace {

using namespace std::chrono_literals;

class BrokenMemory : public HazardsOfKernels {
 protected:
  static constexpr const char* fusion_name = "RESIDUAL_RMS_NORM";
  static Problem problem(std::int64_t tokens) {
    return {world().size(), DType::bfloat16, fusion_name, 512, tokens * world().size()};
  }
  static std::chrono::milliseconds patience() { return gpus_are_shared() ? 1000ms : 200ms; }
  static bool is_late() { return world().rank() == world().size() - 1; }

  static Failure failure_of_run(Operation& operation, DeviceTrial& trial) {
    return failure_of([&] { backend().run(operation, trial.bindings()); });
  }
  /// Collective. `problem` on any rank, or empty.
  static void expect_none(const std::string& problem) { ASSERT_EQ(agreed(problem), ""); }

  std::shared_ptr<Strategy> strategy_;
  std::shared_ptr<Fusion> fusion_;

  void SetUp() override {
    HazardsOfKernels::SetUp();
    if (IsSkipped()) return;
    strategy_ = BrokenMemory::strategy();
    fusion_ = Hazards::fusion(fusion_name);
  }
};

TEST_P(BrokenMemory, IsRefusedByWhoeverHoldsItAndReplacedWhenPreparedAnew) {
  DeviceTrial first(backend(), problem(5), *fusion_, Data::random, 1);
  DeviceTrial second(backend(), problem(2), *fusion_, Data::random, 2);
  const auto operation = prepare(*strategy_, problem(5), *fusion_, patience());
  const auto other = prepare(*strategy_, problem(2), *fusion_, patience());
  ASSERT_EQ(difference_after(*operation, first), "");
  ASSERT_EQ(difference_after(*other, second), "");
  first.restore_input();
  second.restore_input();
  const auto graph = backend().sample(*other, second.bindings(), 3, true);
  world().barrier();

  std::string wrong;
  if (!is_late()) {
    if (!failure_of_run(*operation, first).timed_out) wrong = "nobody was waited for";
    for (Operation* each : {operation.get(), other.get()}) {
      const Failure refusal = failure_of_run(*each, first);
      if (refusal.find("prepare it anew") == std::string::npos) wrong = "it said \"" + refusal + "\"";
    }
  }
  expect_none(wrong);
  const Failure of_graph = failure_of([&] { static_cast<void>(graph->time(world())); });
  expect_none(of_graph.empty() ? "a graph ran on broken memory" : "");

  const auto again = prepare(*strategy_, problem(5), *fusion_);
  const auto other_again = prepare(*strategy_, problem(2), *fusion_);
  for (int turn = 0; turn < 4; ++turn) {
    ASSERT_EQ(difference_after(*again, first), "") << "turn " << turn;
    ASSERT_EQ(difference_after(*other_again, second), "") << "turn " << turn;
  }
}

/// The others have given up on the late rank, and left: what it gets from them is no sum.
TEST_P(BrokenMemory, IsReportedToTheRankThatWasLate) {
  DeviceTrial trial(backend(), problem(5), *fusion_, Data::random, 3);
  const auto operation = prepare(*strategy_, problem(5), *fusion_, patience());
  ASSERT_EQ(difference_after(*operation, trial), "");
  trial.restore_input();
  trial.poison_outputs();
  world().barrier();
  std::string wrong;
  if (!is_late() && failure_of_run(*operation, trial).empty()) wrong = "nobody was waited for";
  expect_none(wrong);
  if (is_late()) {
    const Failure failure = failure_of_run(*operation, trial);
    if (failure.empty()) wrong = "it was told nothing; " + trial.difference();
    if (!failure.timed_out) wrong = "it was told \"" + failure + "\"";
  }
  expect_none(wrong);
  const auto again = prepare(*strategy_, problem(5), *fusion_);
  ASSERT_EQ(difference_after(*again, trial), "");
}

/// Operations one after the other, in front of which one rank pauses.
class PausingRank : public Operation {
 public:
  PausingRank(std::shared_ptr<cuda::Kernel> pause, std::chrono::nanoseconds time, std::vector<Step> steps)
      : pause_(std::move(pause)), nanoseconds_(static_cast<std::uint64_t>(time.count())), steps_(std::move(steps)) {}
  void enqueue(const Bindings& /*unused*/) override {
    if (nanoseconds_ > 0) pause_->launch({.grid = 1, .block = 1}, std::array<void*, 1>{&nanoseconds_});
    for (const Step& step : steps_) step.operation->enqueue(step.trial->bindings());
  }

 private:
  std::shared_ptr<cuda::Kernel> pause_;
  std::uint64_t nanoseconds_;
  std::vector<Step> steps_;
};

/// The others' later operations push over what the late rank has not read yet.
TEST_P(BrokenMemory, IsReportedBehindOperationsThatWereInTheQueueAlready) {
  DeviceTrial even(backend(), problem(3), *fusion_, Data::random, 4);
  DeviceTrial odd(backend(), problem(3), *fusion_, Data::random, 5);
  for (const bool graph : {true, false}) {
    const auto operation = prepare(*strategy_, problem(3), *fusion_, patience());
    std::vector<Step> steps;
    steps.reserve(12);
    for (int i = 0; i < 12; ++i) steps.push_back({operation.get(), i % 2 == 0 ? &even : &odd});
    for (DeviceTrial* trial : {&even, &odd}) {
      ASSERT_EQ(difference_after(*operation, *trial), "");
      trial->restore_input();
    }
    PausingRank pausing(kernel("hazard_pause"), is_late() ? 3 * patience() : 0ms, steps);
    const auto sample = backend().sample(pausing, {}, 1, graph);
    const Failure failure = failure_of([&] { static_cast<void>(sample->time(world())); });
    expect_none(failure.empty() ? "it was told nothing" : "");
    expect_none(failure.timed_out ? "" : "it was told \"" + failure + "\"");
  }
  const auto again = prepare(*strategy_, problem(3), *fusion_);
  ASSERT_EQ(difference_after(*again, even), "");
  ASSERT_EQ(difference_after(*again, odd), "");
}

INSTANTIATE_TEST_SUITE_P(Cuda, BrokenMemory, all_kernels, name_of_kernels);

}  // namespace
}  // namespace arbiter::testing
