// SPDX-License-Identifier: Apache-2.0
// Ranks that are late by another time in every operation: on the host, on the stream, and inside the kernels.
#include <random>
#include <thread>

#include "device_code/delaying_epilogue.hpp"
#include "strategies/hazards/random_problems.hpp"

namespace arbiter::testing {
namespace {

/// NONE whose device epilogue pauses.
class DelayingFusion : public Fusion {
 public:
  [[nodiscard]] std::vector<TensorSpec> do_tensors(const Problem& problem) const override {
    return none_->tensors(problem);
  }
  [[nodiscard]] std::unique_ptr<HostEpilogue> do_host_epilogue(const Problem& problem) const override {
    return none_->host_epilogue(problem);
  }
  [[nodiscard]] cuda::DeviceEpilogue device_epilogue(const Problem& problem) const override {
    return {.code = cuda::delaying_epilogue_code(problem.dtype), .needs_row = true};
  }
  void do_reference_row(const Problem& problem, const Bindings& host, std::int64_t row, std::span<const double> sum,
                        std::span<const double> tolerance, std::vector<ReferenceRow>& outputs) const override {
    none_->reference_row(problem, host, row, sum, tolerance, outputs);
  }

 private:
  std::shared_ptr<Fusion> none_ = make<Fusion>(PluginKind::fusion, "NONE");
};

class Delays : public RandomProblems {
 protected:
  /// Kernels that pause inside, on messages of which each block has several rows.
  static std::string failure_inside_kernels(const std::string& name) {
    const auto strategy = cuda_strategy(name);
    const DelayingFusion fusion;
    for (const auto& [tokens, hidden] : {std::pair{1, 1024}, {5, 2880}, {700, 128}, {64, 8192}}) {
      const Problem problem{world().size(), DType::bfloat16, "NONE", hidden, tokens};
      DeviceTrial trial(backend(), problem, fusion, Data::random, 9);
      const auto operation = prepare(*strategy, problem, fusion);
      if (auto failure = difference_after(*operation, trial); !failure.empty()) return failure;
      trial.restore_input();
      Sequence sequence = Delays::sequence();
      sequence.disturb(4, 8, 20'000);
      sequence.set(std::vector<Step>(static_cast<std::size_t>(often(400)), {operation.get(), &trial}),
                   static_cast<std::uint64_t>(world().rank()));
      if (auto failure = agreed(sequence.failure(world(), true)); !failure.empty()) return failure;
    }
    return {};
  }
};

TEST_F(Delays, OnTheHostBeforeLaunchesChangeNothing) {
  ASSERT_EQ(make(10, {"ONESHOT", "TWOSHOT"}), "");
  std::mt19937 own(static_cast<unsigned>(world().rank()));
  Sequence sequence = Delays::sequence();
  for (int turn = 0; turn < often(200); ++turn) {
    std::this_thread::sleep_for(std::chrono::microseconds(own() % 3 == 0 ? own() % 2000 : 0));
    ASSERT_EQ(failure_in(sequence, draw(4), turn % 4 == 0), "") << "turn " << turn;
  }
}

TEST_F(Delays, OnTheStreamBetweenKernelsChangeNothing) {
  ASSERT_EQ(make(gpus_are_shared() ? 10 : 40, {"ONESHOT", "TWOSHOT"}), "");
  Sequence sequence = Delays::sequence();
  for (const bool graph : {true, false}) {
    sequence.disturb(8, 4, 30'000);
    ASSERT_EQ(failure_in(sequence, draw(static_cast<std::size_t>(often(10'000))), graph), "") << "graph: " << graph;
    // One rank by far the latest, now and then.
    sequence.disturb(8, world().rank() == 1 ? 50 : 0, 2'000'000);
    ASSERT_EQ(failure_in(sequence, draw(static_cast<std::size_t>(often(2000))), graph), "") << "graph: " << graph;
  }
}

TEST_F(Delays, InsideTheKernelsChangeNothing) {
  ASSERT_EQ(failure_inside_kernels("ONESHOT"), "");
  ASSERT_EQ(failure_inside_kernels("TWOSHOT"), "");
}

}  // namespace
}  // namespace arbiter::testing
