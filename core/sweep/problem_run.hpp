#pragma once

#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "arbiter/machine_probe.hpp"
#include "arbiter/process_group.hpp"
#include "config/config.hpp"
#include "sweep/plan.hpp"
#include "sweep/run_hooks.hpp"

namespace arbiter {

/// The strategies of one process group, racing on one problem after the other. Every rank of the group has one and
/// calls it in the same order.
class ProblemRun {
 public:
  /// `select` is what AUTO asks, the same on every rank; empty while there is no selector. `probe` are the group's.
  ProblemRun(const Config& config, const PluginHost& plugins, const Instances& instances, ProcessGroup& group,
             std::function<std::string(const Problem&)> select, RunHooks watch = {},
             MachineProbe probe = MachineProbe{});

  /// Collective. Prepares, verifies and times the strategies on the problem: one row each, the same on every rank.
  /// Throws Error on every rank if a strategy cost a rank its backend and fresh ranks can go on.
  [[nodiscard]] std::vector<Measurement> run(const PlannedProblem& planned);

 private:
  [[nodiscard]] std::unique_ptr<Operation> prepare(const std::string& strategy, const Problem& problem);
  [[nodiscard]] Strategy& strategy(const std::string& name);
  /// Collective.
  void end_if_lost(const Measurement& failed);
  [[nodiscard]] Measurement blank_row(const std::string& strategy, const Problem& problem) const;

  const Config& config_;
  const PluginHost& plugins_;
  const Instances& instances_;
  ProcessGroup& group_;
  std::function<std::string(const Problem&)> select_;
  RunHooks watch_;
  MachineProbe probe_;
  std::shared_ptr<Fusion> none_;
  std::map<std::string, std::shared_ptr<Strategy>, std::less<>> strategies_;
};

}  // namespace arbiter
