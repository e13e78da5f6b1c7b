// SPDX-License-Identifier: Apache-2.0
// Several strategies, NCCL among them, alternate on one stream: none may disturb another's counters or memory.
#include "strategies/hazards/hazards_fixture.hpp"
#include "strategies/hazards/sequence.hpp"

namespace arbiter::testing {
namespace {

class Turns : public Hazards {};

TEST_F(Turns, OfSeveralStrategiesAndSeveralObjectsOfOneAreKeptApart) {
  const auto none = fusion("NONE");
  std::vector<std::shared_ptr<Strategy>> strategies = {cuda_strategy("ONESHOT"), cuda_strategy("TWOSHOT"),
                                                       cuda_strategy("ONESHOT"), cuda_strategy("TWOSHOT")};
  const Problem small{world().size(), DType::bfloat16, "NONE", 96, 3};
  const Problem large{world().size(), DType::float32, "NONE", 1000, 40};
  // NCCL wants a GPU for each rank.
  const bool with_nccl = !gpus_are_shared() && plugins().find(PluginKind::strategy, "NCCL", "cuda") != nullptr;
  if (with_nccl) strategies.push_back(cuda_strategy("NCCL"));

  std::vector<std::unique_ptr<DeviceTrial>> trials;
  std::vector<std::unique_ptr<Operation>> operations;
  std::vector<Step> steps;
  for (const Problem& problem : {small, large}) {
    // The same sum in every order, so NCCL's too.
    trials.push_back(std::make_unique<DeviceTrial>(backend(), problem, *none, Data::whole, 5));
    for (const auto& strategy : strategies) {
      operations.push_back(prepare(*strategy, problem, *none));
      ASSERT_EQ(difference_after(*operations.back(), *trials.back()), "");
      steps.push_back({operations.back().get(), trials.back().get()});
    }
    trials.back()->restore_input();
  }

  std::mt19937 agreed_random(3);
  Sequence sequence(backend(), kernel("hazard_compare"), kernel("hazard_delay"));
  sequence.disturb(1, 8, 20'000);
  for (const bool graph : {false, true, false}) {
    std::vector<Step> drawn;
    drawn.reserve(static_cast<std::size_t>(often(2000)));
    for (int i = 0; i < often(2000); ++i) drawn.push_back(steps[agreed_random() % steps.size()]);
    sequence.set(drawn, static_cast<std::uint64_t>(world().rank()));
    ASSERT_EQ(agreed(sequence.failure(world(), graph)), "") << "graph: " << graph << ", NCCL among them: " << with_nccl;
  }
}

/// Two communicators, of which one has the ranks in reverse order, and two streams. The operations of one strategy
/// object are in flight together.
TEST_F(Turns, OfTwoCommunicatorsAndTwoStreamsAreKeptApart) {
  MPI_Comm reversed = MPI_COMM_NULL;
  MPI_Comm_split(MPI_COMM_WORLD, 0, -world().rank(), &reversed);
  MpiGroup other_group(reversed);
  const auto other_backend = std::dynamic_pointer_cast<cuda::CudaBackend>(make<Backend>(PluginKind::backend, "cuda"));
  const auto none = fusion("NONE");
  const Problem problem{world().size(), DType::bfloat16, "NONE", 1000, 4};
  for (const char* name : {"ONESHOT", "TWOSHOT"}) {
    const auto strategy = cuda_strategy(name);
    // The same sum in every order of the ranks.
    DeviceTrial trial(backend(), problem, *none, Data::whole, 6);
    DeviceTrial of_group(backend(), problem, *none, Data::whole, 7);
    DeviceTrial of_stream(backend(), problem, *none, Data::whole, 8);
    const auto operation = prepare(*strategy, problem, *none);
    const auto in_group = strategy->prepare({problem, other_group, backend(), *none, std::chrono::seconds(20), {}});
    const auto on_stream = strategy->prepare({problem, world(), *other_backend, *none, std::chrono::seconds(20), {}});
    for (int turn = 0; turn < often(500); ++turn) {
      for (DeviceTrial* each : {&trial, &of_group, &of_stream}) {
        each->restore_input();
        each->poison_outputs();
      }
      const std::string failure = failure_of([&] {
        for (int again = 0; again < 5; ++again) on_stream->enqueue(of_stream.bindings());
        for (int again = 0; again < 5; ++again) {
          in_group->enqueue(of_group.bindings());
          operation->enqueue(trial.bindings());
        }
        backend().run(*operation, trial.bindings());
        other_backend->run(*on_stream, of_stream.bindings());
      });
      ASSERT_EQ(agreed(failure + trial.difference() + of_group.difference() + of_stream.difference()), "")
          << name << ", turn " << turn;
    }
  }
  MPI_Comm_free(&reversed);
}

}  // namespace
}  // namespace arbiter::testing
