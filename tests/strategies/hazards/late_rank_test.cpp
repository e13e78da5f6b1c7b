// SPDX-License-Identifier: Apache-2.0
// A rank that does not launch: the others time out, name the rank they waited for, and work again with new workspaces.
#include <cstdint>
#include <regex>

#include "arbiter/error.hpp"
#include "strategies/hazards/hazards_fixture.hpp"

namespace arbiter::testing {
namespace {

using namespace std::chrono_literals;

class LateRankOnGpus : public HazardsOfKernels {
 protected:
  /// The operation's number in the message, or -1.
  static std::int64_t epoch_in(const std::string& message) {
    std::smatch found;
    if (!std::regex_search(message, found, std::regex("in operation (\\d+)$"))) return -1;
    return std::stoll(found[1]);
  }

  static std::string error_of(Operation& operation, DeviceTrial& trial) {
    try {
      backend().run(operation, trial.bindings());
    } catch (const TimeoutError& error) {
      return error.what();
    }
    return "no error";
  }
};

TEST_P(LateRankOnGpus, IsNamedWithTheOperationAndTheNextStrategyWorks) {
  const auto fusion = Hazards::fusion("RESIDUAL_RMS_NORM");
  const Problem problem{world().size(), DType::bfloat16, "RESIDUAL_RMS_NORM", 512, 3 * world().size()};
  DeviceTrial trial(backend(), problem, *fusion, Data::random, 1);
  const int late = world().size() - 1;
  const auto patience = gpus_are_shared() ? 1500ms : 200ms;
  for (const int runs_before : {0, 1, 4}) {
    const auto strategy = LateRankOnGpus::strategy();
    const auto operation = prepare(*strategy, problem, *fusion, patience);
    for (int run = 0; run < runs_before; ++run) ASSERT_EQ(difference_after(*operation, trial), "");
    trial.restore_input();
    world().barrier();

    std::string wrong;
    double epoch = -1.0;
    if (world().rank() != late) {
      const std::string said = error_of(*operation, trial);
      const std::string who = "rank " + std::to_string(world().rank()) + " waited longer than " +
                              std::to_string(patience.count()) + " ms for rank ";
      // Where several ranks share a row, one that waits for the late rank keeps others waiting, who may name it.
      if (!said.starts_with(who)) wrong = "said \"" + said + "\", not \"" + who + "...\"";
      if (world().rank() == 0 && world().size() == 2 && !said.starts_with(who + std::to_string(late) + " in")) {
        wrong = "said \"" + said + "\", which does not name rank " + std::to_string(late);
      }
      epoch = static_cast<double>(epoch_in(said));
      if (epoch < 0.0) wrong = "said \"" + said + "\", without the operation's number";
    }
    ASSERT_EQ(agreed(wrong), "") << "after " << runs_before << " operations";
    const double agreed_epoch = world().max(epoch);
    ASSERT_EQ(agreed(world().rank() != late && epoch != agreed_epoch ? "names another operation" : ""), "");
  }

  // The workspaces of the failed strategies are freed, or no kernel polls them.
  const auto strategy = LateRankOnGpus::strategy();
  const auto operation = prepare(*strategy, problem, *fusion);
  for (int run = 0; run < 5; ++run) ASSERT_EQ(difference_after(*operation, trial), "") << "run " << run;
}

INSTANTIATE_TEST_SUITE_P(Cuda, LateRankOnGpus, ::testing::Values("ONESHOT", "TWOSHOT"), name_of_kernels);

}  // namespace
}  // namespace arbiter::testing
