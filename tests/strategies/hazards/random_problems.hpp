#pragma once

#include <cstdint>
#include <random>
#include <string>
#include <vector>

#include "strategies/hazards/hazards_fixture.hpp"
#include "strategies/hazards/sequence.hpp"

namespace arbiter::testing {

/// Random problems, each prepared by several strategies, for random sequences of them. Everything random is the same
/// on every rank but what disturbs a Sequence.
class RandomProblems : public Hazards {
 protected:
  /// Collective. What is wrong with the first run of any, or empty. Workspaces grow on the way; operations that were
  /// prepared before keep those they had.
  std::string make(int count, const std::vector<std::string>& strategies);

  [[nodiscard]] std::vector<Step> draw(std::size_t count);
  static Sequence sequence() { return {backend(), kernel("hazard_compare"), kernel("hazard_delay")}; }

  /// Collective. Runs the steps, as a graph or one by one, that many times over; what is wrong on any rank.
  std::string failure_in(Sequence& sequence, const std::vector<Step>& steps, bool graph, int replays = 1);

  std::mt19937 agreed_random_{20};

 private:
  [[nodiscard]] Problem draw_problem(const std::string& fusion);

  std::vector<std::shared_ptr<Strategy>> strategies_;
  std::vector<std::shared_ptr<Fusion>> fusions_;
  std::vector<std::unique_ptr<DeviceTrial>> trials_;
  std::vector<std::unique_ptr<Operation>> operations_;  ///< of each trial, one for each strategy
};

}  // namespace arbiter::testing
