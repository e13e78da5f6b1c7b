// SPDX-License-Identifier: Apache-2.0
#include "sweep/problem_run.hpp"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>
#include <sys/utsname.h>

#include "arbiter/error.hpp"
#include "arbiter/units.hpp"
#include "measure/problem_tensors.hpp"
#include "measure/sampler.hpp"
#include "measure/stopwatch.hpp"
#include "measure/verification.hpp"
#include "model/nanoseconds.hpp"
#include "plugin/plugin_host.hpp"
#include "sweep/auto_choice.hpp"
#include "sweep/log.hpp"

namespace arbiter {

std::unique_ptr<Operation> prepare_operation(Strategy& strategy, const Preparation& preparation, const Fusion* none) {
  const auto& problem = preparation.problem;
  if (const auto support = strategy.supports(problem, preparation.group); !support) {
    throw Error(fmt::format("it does not support {}: {}", to_string(problem), support.reason));
  }
  if (problem.fusion == no_fusion || strategy.fuses(problem)) return strategy.prepare(preparation);
  if (none == nullptr) throw Error("it does not fuse, and there is no fusion plugin NONE");
  Preparation reduction{problem,
                        preparation.group,
                        preparation.backend,
                        *none,
                        preparation.timeout,
                        preparation.prepare_other,
                        preparation.alignment};
  reduction.problem.fusion = no_fusion;
  return preparation.backend.with_epilogue_pass(strategy.prepare(reduction), preparation.fusion, problem);
}

double allowed_share_of(const Strategy& strategy, const Problem& problem) {
  const bool stored = problem.fusion != no_fusion && !strategy.fuses(problem);
  return allowed_share(strategy.numerics(), stored, problem);
}

namespace {

/// Collective.
int hosts_of(ProcessGroup& group) {
  if (group.single_host()) return 1;
  utsname system{};
  uname(&system);
  const auto names = group.all_gather(std::string(system.nodename));
  return static_cast<int>(std::set<std::string>(names.begin(), names.end()).size());
}

/// What a product in front of the operation reads and how long it takes, unless the config says so: the weights are
/// hidden_size / tp_size x hidden_size elements. The same on every rank.
Neighbour neighbour_of(const Problem& problem, const MeasurementConfig& config, Backend& backend, ProcessGroup& group) {
  const auto hidden = static_cast<double>(problem.hidden_size);
  const double weights = hidden * hidden / problem.tp_size;
  const double flops = 2.0 * weights * static_cast<double>(problem.num_tokens);
  double least_us = config.neighbour_us;
  if (least_us == 0.0) least_us = flops / group.min(backend.product_flops(problem.dtype)) * 1e6;
  const double bytes = config.neighbour_mib > 0.0 ? config.neighbour_mib * 1048576.0
                                                  : weights * static_cast<double>(size_of(problem.dtype));
  return {static_cast<std::size_t>(problem.message_bytes()), static_cast<std::size_t>(bytes), least_us};
}

/// Marks a row that is faster than the machine allows: the strategy or the clock is wrong. The probe repeats within a
/// few percent.
void mark_if_suspect(Measurement& row) {
  constexpr double share = 0.97;
  if (row.failed || !(row.time_us < share * row.lower_bound_us)) return;
  row.suspect = true;
  row.reason = fmt::format("{} is less than the lower bound of {}", time_text_to_compare(row.time_us),
                           time_text_to_compare(row.lower_bound_us));
}

}  // namespace

ProblemRun::ProblemRun(const Config& config, const Instances& instances, StrategySet& strategies, ProcessGroup& group,
                       Select select, const RunHooks& hooks, const MachineProbe& probe)
    : config_(config),
      instances_(instances),
      strategies_(strategies),
      group_(group),
      select_(std::move(select)),
      hooks_(hooks),
      probe_(probe),
      hosts_(hosts_of(group)) {}

std::unique_ptr<Operation> ProblemRun::prepare(const std::string& name, const Problem& problem, Names& used) {
  used.insert(name);
  return prepare_operation(
      strategies_.get(name),
      {problem, group_, *instances_.backend, *instances_.fusions.at(problem.fusion),
       std::chrono::milliseconds(config_.measurement.timeout_ms),
       [this, problem, &used](const std::string& other) { return prepare_other(other, problem, used); },
       ProblemTensors::alignment},
      instances_.none.get());
}

std::unique_ptr<Operation> ProblemRun::prepare_other(const std::string& other, const Problem& problem, Names& used) {
  try {
    return prepare(other, problem, used);
  } catch (...) {
    throw Error(fmt::format("{}: {}", other, what_was_thrown()));
  }
}

void ProblemRun::prepare(Candidate& candidate, const Problem& problem, Names& used) {
  std::string name = candidate.strategy;
  if (name == auto_strategy) {
    name = select_(problem);
    if (name.empty()) throw Error("AUTO needs a heuristic that has chosen: there is no selector yet");
    candidate.operation = prepare_other(name, problem, used);
  } else {
    candidate.operation = prepare(name, problem, used);
  }
  const auto& strategy = strategies_.get(name);
  candidate.result.numerics = strategy.numerics();
  candidate.allowed_share = allowed_share_of(strategy, problem);
}

void ProblemRun::end_if_lost(const Measurement& failed) {
  if (hooks_.has_fresh_ranks && !group_.all(!instances_.backend->lost())) throw Error(failed.reason);
}

Measurement ProblemRun::blank_row(const PlannedProblem& planned, const std::string& name) const {
  Measurement row;
  row.problem = planned.problem;
  row.strategy = name;
  row.setting = {config_.backend, hosts_, "allreduce", config_.measurement.graph && instances_.backend->has_graphs(),
                 config_.measurement.contexts.front()};
  row.holdout = planned.holdout;
  return row;
}

SampleSubject ProblemRun::subject_of(Context context, const PlannedProblem& planned, ProblemTensors& tensors,
                                     SampleJudge& judge) {
  const auto& problem = planned.problem;
  SampleSubject subject;
  subject.context = context;
  if (has_neighbour(context)) {
    subject.neighbour = neighbour_of(problem, config_.measurement, *instances_.backend, group_);
  }
  subject.iterations = [&tensors, context](std::int64_t count) {
    return tensors.iterations(count, has_neighbour(context));
  };
  subject.poison = [this, &tensors, &judge] {
    const Stopwatch watch(spent_.verification);
    tensors.poison_outputs();
    judge.know_inputs();
  };
  subject.judge = [this, &planned, &judge, &tensors](Candidate& candidate, std::int64_t iterations) {
    const Stopwatch watch(spent_.verification);
    group_.barrier();  // the strategy has run on every rank
    hooks_.begins(planned, any_strategy, Phase::reference);
    auto verified = judge.judge(candidate.allowed_share, iterations);
    auto& error = candidate.result.error;
    error = std::fmax(error, std::round(verified.error * 1e4) / 1e4);
    const auto outside = written_outside(*candidate.operation, tensors, group_);
    return outside.empty() ? verified.reason : outside;
  };
  return subject;
}

void ProblemRun::sample_in(Context context, const PlannedProblem& planned, std::vector<Candidate>& candidates,
                           ProblemTensors& tensors, SampleJudge& judge) {
  auto& backend = *instances_.backend;
  for (auto& candidate : candidates) {
    auto& row = candidate.result;
    row.setting.context = context;
    row.tensor_sets = tensors.sets();
    // Rounded like the times, but never to 0.
    if (const double bound_us = probe_.lower_bound_us(planned.problem, context); !std::isnan(bound_us)) {
      row.lower_bound_us = std::max(rounded_to_nanoseconds(bound_us), 0.001);
    }
  }
  const auto before = backend.speed_state();
  sample(candidates, subject_of(context, planned, tensors, judge), backend, group_, config_.measurement,
         [&](const Candidate& candidate) { hooks_.begins(planned, candidate.strategy, Phase::run); });
  note_speed(before, backend.speed_state(), planned.problem, context);
  for (auto& candidate : candidates) {
    if (candidate.lost) end_if_lost(candidate.result);
    mark_if_suspect(candidate.result);
  }
}

void ProblemRun::note_speed(const SpeedState& before, const SpeedState& after, const Problem& problem,
                            Context context) {
  constexpr double notable_share = 0.03;
  std::string note;
  if (after.clock_mhz < (1.0 - notable_share) * before.clock_mhz) {
    note = fmt::format("the clock fell from {:.0f} to {:.0f} MHz", before.clock_mhz, after.clock_mhz);
  }
  if (!after.throttling.empty()) {
    note += fmt::format("{}the device was slowed down ({})", note.empty() ? "" : ", ", after.throttling);
  }
  const auto notes = first_failure(note, group_);  // of the first rank that has one
  constexpr int most_notes = 5;
  if (notes.empty() || ++speed_notes_ > most_notes || group_.rank() != 0) return;
  log::warn(fmt::format("{}, context {}: {}{}", to_string(problem), name_of(context), notes,
                        speed_notes_ == most_notes ? "; more of this is not said" : ""));
}

std::vector<Measurement> ProblemRun::run(const PlannedProblem& planned) {
  const Stopwatch whole(spent_.total);
  const auto& problem = planned.problem;
  const auto& fusion = *instances_.fusions.at(problem.fusion);
  auto& backend = *instances_.backend;
  std::unique_ptr<ProblemTensors> tensors;
  std::vector<Names> used(planned.strategies.size());  // by candidate; outlives the operations
  std::vector<Candidate> candidates(planned.strategies.size());

  // All ranks try a collective step and judge it together: a rank that fails alone would leave the others waiting.
  const auto together = [&](const auto& step) { return first_failure(failure_of(step), group_); };

  const auto& contexts = config_.measurement.contexts;
  const bool copied = std::ranges::any_of(contexts, has_neighbour);
  const auto free_bytes = group_.min(static_cast<double>(backend.free_bytes(group_.size())));
  const auto sets =
      ProblemTensors::usual_sets(problem, fusion, backend.cache_bytes(), static_cast<std::int64_t>(free_bytes), copied);
  const auto no_memory = together([&] {
    const Stopwatch watch(spent_.tensors);
    const TestData data{static_cast<std::uint64_t>(config_.measurement.seed), false};
    tensors = std::make_unique<ProblemTensors>(problem, fusion, backend, group_.rank(), data, sets);
  });
  for (std::size_t i = 0; i < candidates.size(); ++i) {
    const Stopwatch watch(spent_.preparation);
    auto& candidate = candidates[i];
    candidate.strategy = planned.strategies[i];
    candidate.result = blank_row(planned, candidate.strategy);
    auto& row = candidate.result;
    row.reason = no_memory.empty() ? hooks_.why_broken(problem, candidate.strategy) : no_memory;
    if (row.reason.empty()) {
      hooks_.begins(planned, candidate.strategy, Phase::preparation);
      group_.barrier();  // else a rank that breaks at once might seem to break the strategy before
      row.reason = together([&] { prepare(candidate, problem, used[i]); });
    }
    if (row.reason.empty()) hooks_.begins(planned, candidate.strategy, Phase::run);
    // The first runs make what a strategy makes on first use of a memory, outside of any graph; on a message that a
    // sample of two does not have.
    if (row.reason.empty()) {
      row.reason = together([&] {
        for (const bool behind_neighbours : {false, true}) {
          if (behind_neighbours && !copied) break;
          backend.run(*candidate.operation,
                      tensors->iterations(tensors->messages(), behind_neighbours).back().bindings);
        }
      });
      candidate.threw = !row.reason.empty();
    }
    row.failed = !row.reason.empty();
    if (row.failed) end_if_lost(row);
  }

  std::vector<Measurement> rows;
  if (tensors != nullptr) {
    SampleJudge judge(problem, fusion, *tensors, group_);
    for (const Context context : contexts) {
      std::vector<Measurement> blank;
      blank.reserve(candidates.size());
      for (const auto& candidate : candidates) blank.push_back(candidate.result);
      sample_in(context, planned, candidates, *tensors, judge);
      for (std::size_t i = 0; i < candidates.size(); ++i) {
        rows.push_back(candidates[i].result);
        // What failed in one context is not tried in the next: its ranks may be out of step.
        if (!candidates[i].result.failed) candidates[i].result = blank[i];
      }
    }
    spent_.reference += judge.reference_seconds();
  } else {
    for (const auto& candidate : candidates) rows.push_back(candidate.result);
  }

  for (std::size_t i = 0; i < candidates.size(); ++i) {
    if (used[i].empty()) continue;  // on no rank; one without an operation is here because others may have it
    hooks_.begins(planned, candidates[i].strategy, Phase::destruction);
    group_.barrier();  // as above
    candidates[i].operation.reset();
    group_.barrier();
  }
  for (std::size_t i = 0; i < candidates.size(); ++i) {
    if (!candidates[i].threw) continue;
    for (const auto& name : used[i]) strategies_.discard(name);
  }
  group_.barrier();  // whatever ends now is not of these strategies
  return rows;
}

}  // namespace arbiter
