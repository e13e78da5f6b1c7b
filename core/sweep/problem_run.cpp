// SPDX-License-Identifier: Apache-2.0
#include "sweep/problem_run.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>

#include <fmt/format.h>

#include "arbiter/error.hpp"
#include "measure/problem_tensors.hpp"
#include "measure/sampler.hpp"
#include "measure/verification.hpp"
#include "model/nanoseconds.hpp"
#include "plugin/plugin_host.hpp"
#include "sweep/auto_choice.hpp"

namespace arbiter {

std::unique_ptr<Operation> prepare_operation(Strategy& strategy, const Preparation& preparation, const Fusion* none) {
  const auto& problem = preparation.problem;
  if (const auto support = strategy.supports(problem, preparation.group); !support) {
    throw Error(fmt::format("it does not support {}: {}", to_string(problem), support.reason));
  }
  if (strategy.fuses() || problem.fusion == no_fusion) return strategy.prepare(preparation);
  if (none == nullptr) throw Error("it does not fuse, and there is no fusion plugin NONE");
  Preparation reduction{problem, preparation.group,   preparation.backend,
                        *none,   preparation.timeout, preparation.prepare_other};
  reduction.problem.fusion = no_fusion;
  return preparation.backend.with_epilogue_pass(strategy.prepare(reduction), preparation.fusion, problem);
}

ProblemRun::ProblemRun(const Config& config, const Instances& instances, StrategySet& strategies, ProcessGroup& group,
                       Select select, const RunHooks& hooks, const MachineProbe& probe)
    : config_(config),
      instances_(instances),
      strategies_(strategies),
      group_(group),
      select_(std::move(select)),
      hooks_(hooks),
      probe_(probe) {}

std::unique_ptr<Operation> ProblemRun::prepare(const std::string& name, const Problem& problem, Names& used) {
  used.insert(name);
  return prepare_operation(
      strategies_.get(name),
      {problem, group_, *instances_.backend, *instances_.fusions.at(problem.fusion),
       std::chrono::milliseconds(config_.measurement.timeout_ms),
       [this, problem, &used](const std::string& other) { return prepare_other(other, problem, used); }},
      instances_.none.get());
}

std::unique_ptr<Operation> ProblemRun::prepare_other(const std::string& other, const Problem& problem, Names& used) {
  try {
    return prepare(other, problem, used);
  } catch (...) {
    throw Error(fmt::format("{}: {}", other, what_was_thrown()));
  }
}

std::unique_ptr<Operation> ProblemRun::prepare_auto(const Problem& problem, Names& used) {
  const auto chosen = select_(problem);
  if (chosen.empty()) throw Error("AUTO needs a heuristic that has chosen: there is no selector yet");
  return prepare_other(chosen, problem, used);
}

void ProblemRun::end_if_lost(const Measurement& failed) {
  if (hooks_.has_fresh_ranks && !group_.all(!instances_.backend->lost())) throw Error(failed.reason);
}

Measurement ProblemRun::blank_row(const PlannedProblem& planned, const std::string& name) const {
  Measurement row;
  row.problem = planned.problem;
  row.strategy = name;
  row.backend = config_.backend;
  row.holdout = planned.holdout;
  // Rounded like the times, but never to 0.
  if (const double lower_bound_us = probe_.lower_bound_us(planned.problem); !std::isnan(lower_bound_us)) {
    row.lower_bound_us = std::max(rounded_to_nanoseconds(lower_bound_us), 0.001);
  }
  return row;
}

std::vector<Measurement> ProblemRun::run(const PlannedProblem& planned) {
  const auto& problem = planned.problem;
  const auto& fusion = *instances_.fusions.at(problem.fusion);
  auto& backend = *instances_.backend;
  std::unique_ptr<ProblemTensors> tensors;
  std::vector<Names> used(planned.strategies.size());  // by candidate; outlives the operations
  std::vector<Candidate> candidates(planned.strategies.size());

  // All ranks try a collective step and judge it together: a rank that fails alone would leave the others waiting.
  const auto together = [&](const auto& step) { return first_failure(failure_of(step), group_); };

  const auto no_memory = together([&] {
    const TestData data{static_cast<std::uint64_t>(config_.measurement.seed), false};
    tensors = std::make_unique<ProblemTensors>(problem, fusion, backend, group_.rank(), data);
  });
  for (std::size_t i = 0; i < candidates.size(); ++i) {
    auto& candidate = candidates[i];
    candidate.strategy = planned.strategies[i];
    candidate.result = blank_row(planned, candidate.strategy);
    auto& row = candidate.result;
    row.reason = no_memory.empty() ? hooks_.why_broken(problem, candidate.strategy) : no_memory;
    if (row.reason.empty()) {
      hooks_.begins(planned, candidate.strategy);
      group_.barrier();  // else a rank that breaks at once might seem to break the strategy before
      row.reason = together([&] {
        candidate.operation = candidate.strategy == auto_strategy ? prepare_auto(problem, used[i])
                                                                  : prepare(candidate.strategy, problem, used[i]);
      });
    }
    if (row.reason.empty()) {
      auto verified = verify(*candidate.operation, problem, fusion, *tensors, backend, group_);
      row.error = std::round(verified.error * 1e4) / 1e4;
      row.reason = std::move(verified.reason);
      candidate.threw = verified.threw;
    }
    row.failed = !row.reason.empty();
    if (row.failed) end_if_lost(row);
  }
  sample(candidates, tensors != nullptr ? tensors->bindings() : Bindings{}, backend, group_, config_.measurement,
         [&](const Candidate& candidate) { hooks_.begins(planned, candidate.strategy); });
  for (const auto& candidate : candidates) {
    if (candidate.lost) end_if_lost(candidate.result);
  }

  for (auto& candidate : candidates) candidate.operation.reset();
  std::vector<Measurement> rows;
  for (std::size_t i = 0; i < candidates.size(); ++i) {
    if (candidates[i].threw) {
      for (const auto& name : used[i]) strategies_.discard(name);
    }
    rows.push_back(std::move(candidates[i].result));
  }
  return rows;
}

}  // namespace arbiter
