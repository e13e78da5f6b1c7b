#include "sweep/problem_run.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>

#include <fmt/format.h>

#include "arbiter/error.hpp"
#include "arbiter/process_group.hpp"
#include "measure/problem_tensors.hpp"
#include "measure/sampler.hpp"
#include "measure/verification.hpp"
#include "model/nanoseconds.hpp"
#include "plugin/plugin_host.hpp"
#include "sweep/log.hpp"
#include "sweep/prepare_operation.hpp"

namespace arbiter {

ProblemRun::ProblemRun(const Config& config, const PluginHost& plugins, const Instances& instances, ProcessGroup& group,
                       std::function<std::string(const Problem&)> select, RunHooks watch, MachineProbe probe)
    : config_(config),
      plugins_(plugins),
      instances_(instances),
      group_(group),
      select_(std::move(select)),
      watch_(std::move(watch)),
      probe_(std::move(probe)) {
  if (plugins.find(PluginKind::fusion, no_fusion) != nullptr) {
    none_ = make_plugin<Fusion>(plugins, PluginKind::fusion, std::string(no_fusion));
  }
}

Strategy& ProblemRun::strategy(const std::string& name) {
  auto& made = strategies_[name];
  if (made == nullptr) made = make_strategy(config_, plugins_, name);
  return *made;
}

std::unique_ptr<Operation> ProblemRun::prepare(const std::string& name, const Problem& problem) {
  const auto prepare_other = [this, problem](const std::string& other) {
    try {
      return prepare(other, problem);
    } catch (...) {
      throw Error(fmt::format("{}: {}", other, what_was_thrown()));
    }
  };
  return prepare_operation(strategy(name),
                           {problem, group_, *instances_.backend, *instances_.fusions.at(problem.fusion),
                            std::chrono::milliseconds(config_.measurement.timeout_ms), prepare_other, select_},
                           none_.get());
}

void ProblemRun::end_if_lost(const Measurement& failed) {
  if (watch_.has_fresh_ranks && !group_.all(!instances_.backend->lost())) throw Error(failed.reason);
}

Measurement ProblemRun::blank_row(const std::string& name, const Problem& problem) const {
  Measurement row;
  row.problem = problem;
  row.strategy = name;
  row.backend = config_.backend;
  // As times: whole nanoseconds, and never none.
  if (const double lower_bound_us = probe_.lower_bound_us(problem); !std::isnan(lower_bound_us)) {
    row.lower_bound_us = std::max(rounded_to_nanoseconds(lower_bound_us), 0.001);
  }
  return row;
}

std::vector<Measurement> ProblemRun::run(const PlannedProblem& planned) {
  const auto& problem = planned.problem;
  const auto& fusion = *instances_.fusions.at(problem.fusion);
  auto& backend = *instances_.backend;
  std::unique_ptr<ProblemTensors> tensors;
  std::vector<Candidate> candidates;

  // Collective steps are tried on every rank and judged together: a rank that fails alone would leave the others
  // waiting.
  const auto together = [&](const auto& step) { return first_failure(failure_of(step), group_); };

  const auto no_memory = together([&] {
    const TestData data{static_cast<std::uint64_t>(config_.measurement.seed), false};
    tensors = std::make_unique<ProblemTensors>(problem, fusion, backend, group_.rank(), data);
  });
  for (const auto& name : planned.strategies) {
    auto& candidate = candidates.emplace_back();
    candidate.strategy = name;
    candidate.result = blank_row(name, problem);
    auto& row = candidate.result;
    row.holdout = planned.holdout;
    row.reason = no_memory.empty() ? watch_.why_broken(problem, name) : no_memory;
    if (row.reason.empty()) {
      watch_.begins(planned, name);
      group_.barrier();  // a rank that breaks at once must not be taken to break the strategy before
      row.reason = together([&] { candidate.operation = prepare(name, problem); });
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
         [&](const Candidate& candidate) { watch_.begins(planned, candidate.strategy); });
  for (const auto& candidate : candidates) {
    if (candidate.lost) end_if_lost(candidate.result);
  }

  std::vector<Measurement> rows;
  for (auto& candidate : candidates) {
    candidate.operation.reset();
    // Ranks that are out of step stay so: the next problem gets a fresh object.
    if (candidate.threw) strategies_.erase(candidate.strategy);
    rows.push_back(std::move(candidate.result));
  }
  return rows;
}

}  // namespace arbiter
