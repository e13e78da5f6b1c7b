#include "pipeline/problem_race.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>

#include <fmt/format.h>

#include "arbiter/agreement.hpp"
#include "arbiter/error.hpp"
#include "arbiter/thrown.hpp"
#include "data/nanoseconds.hpp"
#include "measure/problem_tensors.hpp"
#include "measure/sampler.hpp"
#include "measure/verification.hpp"
#include "pipeline/log.hpp"
#include "pipeline/make_plugin.hpp"
#include "pipeline/prepare_operation.hpp"
#include "plugin/stray_output.hpp"

namespace arbiter {

ProblemRace::ProblemRace(const Config& config, const PluginHost& plugins, const Instances& instances,
                         ProcessGroup& group, std::function<std::string(const Problem&)> select, RaceWatch watch,
                         Limits limits)
    : config_(config),
      plugins_(plugins),
      instances_(instances),
      group_(group),
      select_(std::move(select)),
      watch_(std::move(watch)),
      limits_(std::move(limits)) {
  if (plugins.find(PluginKind::fusion, no_fusion) != nullptr) {
    none_ = make_plugin<Fusion>(plugins, PluginKind::fusion, std::string(no_fusion));
  }
}

Strategy& ProblemRace::strategy(const std::string& name) {
  auto& made = strategies_[name];
  if (made == nullptr) made = make_strategy(config_, plugins_, name);
  return *made;
}

std::unique_ptr<Operation> ProblemRace::prepare(const std::string& name, const Problem& problem) {
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

void ProblemRace::mention_stray_output(const std::string& names) {
  const auto stray = first_failure(take_stray_output(), group_);
  if (stray.empty() || group_.rank() != 0 || !mentioned_.insert(names).second) return;
  log::warn(fmt::format("{} wrote to standard output, which is for results: \"{}\"", names, stray));
}

void ProblemRace::end_if_lost(const Measurement& failed) {
  if (watch_.has_fresh_ranks && !group_.all(!instances_.backend->lost())) throw Error(failed.reason);
}

Measurement ProblemRace::blank_row(const std::string& name, const Problem& problem) const {
  Measurement row;
  row.problem = problem;
  row.strategy = name;
  row.backend = config_.backend;
  // As times: whole nanoseconds, and never none.
  if (const double floor_us = limits_.floor_us(problem); !std::isnan(floor_us)) {
    row.floor_us = std::max(rounded_to_nanoseconds(floor_us), 0.001);
  }
  return row;
}

std::vector<Measurement> ProblemRace::run(const PlannedProblem& planned) {
  const auto& problem = planned.problem;
  const auto& fusion = *instances_.fusions.at(problem.fusion);
  auto& backend = *instances_.backend;
  std::unique_ptr<ProblemTensors> tensors;
  std::vector<Contender> contenders;

  // Collective steps are tried on every rank and judged together: a rank that fails alone would leave the others
  // waiting.
  const auto together = [&](const auto& step) { return first_failure(failure_of(step), group_); };

  const auto no_memory = together([&] {
    const TestData data{static_cast<std::uint64_t>(config_.measurement.seed), false};
    tensors = std::make_unique<ProblemTensors>(problem, fusion, backend, group_.rank(), data);
  });
  for (const auto& name : planned.strategies) {
    auto& contender = contenders.emplace_back();
    contender.strategy = name;
    contender.result = blank_row(name, problem);
    auto& row = contender.result;
    row.holdout = planned.holdout;
    row.reason = no_memory.empty() ? watch_.why_broken(problem, name) : no_memory;
    if (row.reason.empty()) {
      watch_.begins(planned, name);
      group_.barrier();  // a rank that breaks at once must not be taken to break the strategy before
      row.reason = together([&] { contender.operation = prepare(name, problem); });
    }
    if (row.reason.empty()) {
      auto verified = verify(*contender.operation, problem, fusion, *tensors, backend, group_);
      row.error = std::round(verified.error * 1e4) / 1e4;
      row.reason = std::move(verified.reason);
      contender.threw = verified.threw;
    }
    row.failed = !row.reason.empty();
    if (row.failed) end_if_lost(row);
    mention_stray_output(fmt::format("{} with {}", name, problem.fusion));
  }
  sample(contenders, tensors != nullptr ? tensors->bindings() : Bindings{}, backend, group_, config_.measurement,
         [&](const Contender& contender) { watch_.begins(planned, contender.strategy); });
  for (const auto& contender : contenders) {
    if (contender.lost) end_if_lost(contender.result);
  }

  mention_stray_output("a strategy or the fusion " + problem.fusion);

  std::vector<Measurement> rows;
  for (auto& contender : contenders) {
    contender.operation.reset();
    // Ranks that are out of step stay so: the next problem gets a fresh object.
    if (contender.threw) strategies_.erase(contender.strategy);
    rows.push_back(std::move(contender.result));
  }
  return rows;
}

}  // namespace arbiter
