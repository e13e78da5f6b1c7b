// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <random>
#include <string>
#include <vector>

#include "strategies/hazards/hazards_fixture.hpp"
#include "strategies/hazards/sequence.hpp"

namespace arbiter::testing {

/// Random problems, each prepared by several strategies, and random sequences of them. All random choices are the same
/// on every rank, except the disturbances of a Sequence.
class RandomProblems : public Hazards {
 protected:
  /// Collective. Returns what is wrong in the first run of any, or empty. Workspaces grow meanwhile; operations
  /// prepared before keep theirs.
  std::string make(int count, const std::vector<std::string>& strategies);

  [[nodiscard]] std::vector<Step> draw(std::size_t count);
  static Sequence sequence() { return {backend(), kernel("hazard_compare"), kernel("hazard_delay")}; }

  /// Collective. Runs the steps `replays` times, as a graph or eagerly; returns what is wrong on any rank.
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
