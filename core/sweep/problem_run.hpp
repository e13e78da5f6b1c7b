// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "arbiter/machine_probe.hpp"
#include "arbiter/process_group.hpp"
#include "config/config.hpp"
#include "measure/problem_tensors.hpp"
#include "measure/sampler.hpp"
#include "measure/verification.hpp"
#include "sweep/instances.hpp"
#include "sweep/plan.hpp"
#include "sweep/run_hooks.hpp"

namespace arbiter {

/// Collective. The strategy's operation for the whole problem. A strategy that does not fuse is prepared with `none`,
/// the fusion NONE, and the problem's epilogue runs after it as a separate pass. `preparation` has the problem's
/// fusion. Throws Error: why the strategy does not support the problem, or what it threw.
[[nodiscard]] std::unique_ptr<Operation> prepare_operation(Strategy& strategy, const Preparation& preparation,
                                                           const Fusion* none);

/// allowed_share() of what the strategy states, for an operation of prepare_operation().
[[nodiscard]] double allowed_share_of(const Strategy& strategy, const Problem& problem);

/// Measures the strategies of one process group, problem by problem. Every rank of the group has one and calls it in
/// the same order.
class ProblemRun {
 public:
  /// Names the strategy that AUTO runs for a problem; empty while there is no selector. Collective.
  using Select = std::function<std::string(const Problem&)>;

  /// Collective. All references must outlive it. `probe` is that of the group.
  ProblemRun(const Config& config, const Instances& instances, StrategySet& strategies, ProcessGroup& group,
             Select select, const RunHooks& hooks, const MachineProbe& probe);

  /// Collective. Prepares the strategies and times them on the problem in every context; what the timed runs wrote is
  /// verified. One row for each context and strategy, the same on every rank. A strategy named AUTO is the one that
  /// `select` names.
  /// Throws Error on every rank if a strategy cost a rank its backend and fresh ranks can take over.
  [[nodiscard]] std::vector<Measurement> run(const PlannedProblem& planned);

  /// Where the time of run() went on this rank so far, in seconds.
  struct Spent {
    double total = 0.0;
    double tensors = 0.0;       ///< making messages and outputs
    double preparation = 0.0;   ///< of operations, with their first runs
    double verification = 0.0;  ///< poisoning outputs and judging them
    double reference = 0.0;     ///< of that: copying outputs out and comparing them with the reference
  };
  [[nodiscard]] const Spent& spent() const { return spent_; }

 private:
  using Names = std::set<std::string>;

  /// Collective. `used` gets the names of the strategies that the operation is made of.
  [[nodiscard]] std::unique_ptr<Operation> prepare(const std::string& strategy, const Problem& problem, Names& used);
  [[nodiscard]] std::unique_ptr<Operation> prepare_other(const std::string& other, const Problem& problem, Names& used);
  /// The candidate's operation, and how exact its results must be. AUTO is the strategy that `select` names.
  void prepare(Candidate& candidate, const Problem& problem, Names& used);
  /// Collective. Times all candidates in one context.
  void sample_in(Context context, const PlannedProblem& planned, std::vector<Candidate>& candidates,
                 ProblemTensors& tensors, SampleJudge& judge);
  /// Collective.
  [[nodiscard]] SampleSubject subject_of(Context context, const PlannedProblem& planned, ProblemTensors& tensors,
                                         SampleJudge& judge);
  /// Collective. Remarks on a device that became slower while a cell was measured.
  void note_speed(const SpeedState& before, const SpeedState& after, const Problem& problem, Context context);
  /// Collective.
  void end_if_lost(const Measurement& failed);
  [[nodiscard]] Measurement blank_row(const PlannedProblem& planned, const std::string& strategy) const;

  const Config& config_;
  const Instances& instances_;
  StrategySet& strategies_;
  ProcessGroup& group_;
  Select select_;
  const RunHooks& hooks_;
  const MachineProbe& probe_;
  int hosts_;
  Spent spent_;
  int speed_notes_ = 0;
};

}  // namespace arbiter
