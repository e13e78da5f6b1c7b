#include "pipeline/problem_race.hpp"

#include <chrono>
#include <cmath>

#include <fmt/format.h>

#include "arbiter/error.hpp"
#include "measure/problem_tensors.hpp"
#include "measure/sampler.hpp"
#include "measure/verification.hpp"

namespace arbiter {

namespace {

constexpr const char* no_fusion = "NONE";

}  // namespace

ProblemRace::ProblemRace(const Config& config, const PluginHost& plugins, const Instances& instances,
                         ProcessGroup& group, std::function<std::string(const Problem&)> select)
    : config_(config), plugins_(plugins), instances_(instances), group_(group), select_(std::move(select)) {
  if (const auto* entry = plugins.find(PluginKind::fusion, no_fusion)) {
    none_ = plugins.create_as<Fusion>(*entry, Parameters(entry->parameters));
  }
}

Strategy& ProblemRace::strategy(const std::string& name) {
  auto& made = strategies_[name];
  if (made == nullptr) made = make_strategy(config_, plugins_, name);
  return *made;
}

std::unique_ptr<Operation> ProblemRace::prepare(const std::string& name, const Problem& problem) {
  auto& chosen = strategy(name);
  if (const auto support = chosen.supports(problem, group_); !support) {
    throw Error(fmt::format("{} does not support {}: {}", name, to_string(problem), support.reason));
  }
  const auto& fusion = *instances_.fusions.at(problem.fusion);
  const bool own_pass = !chosen.fuses() && problem.fusion != no_fusion;
  if (own_pass && none_ == nullptr)
    throw Error(fmt::format("{} does not fuse and there is no fusion plugin NONE", name));
  Problem reduction = problem;
  if (own_pass) reduction.fusion = no_fusion;
  auto operation =
      chosen.prepare({reduction, group_, *instances_.backend, own_pass ? *none_ : fusion,
                      std::chrono::milliseconds(config_.measurement.timeout_ms),
                      [this, problem](const std::string& other) { return prepare(other, problem); }, select_});
  if (operation == nullptr) throw PluginError(fmt::format("{} prepared nothing", name));
  if (!own_pass) return operation;
  return instances_.backend->with_epilogue_pass(std::move(operation), fusion, problem);
}

Measurement ProblemRace::blank_row(const std::string& name, const Problem& problem) const {
  Measurement row;
  row.problem = problem;
  row.strategy = name;
  row.backend = config_.backend;
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
  const auto together = [&](const auto& step) {
    std::string failure;
    try {
      step();
    } catch (const std::exception& error) {
      failure = error.what();
    }
    return first_failure(failure, group_);
  };

  const auto no_memory = together([&] {
    tensors = std::make_unique<ProblemTensors>(problem, fusion, backend, group_.rank(),
                                               static_cast<std::uint64_t>(config_.measurement.seed));
  });
  for (const auto& name : planned.strategies) {
    auto& contender = contenders.emplace_back();
    contender.strategy = name;
    contender.result = blank_row(name, problem);
    auto& row = contender.result;
    row.reason = no_memory;
    if (row.reason.empty()) row.reason = together([&] { contender.operation = prepare(name, problem); });
    if (row.reason.empty()) {
      auto verified = verify(*contender.operation, problem, fusion, *tensors, backend, group_);
      row.error = std::round(verified.error * 1e4) / 1e4;
      row.reason = std::move(verified.reason);
      contender.threw = verified.threw;
    }
    row.failed = !row.reason.empty();
  }
  sample(contenders, tensors != nullptr ? tensors->bindings() : Bindings{}, backend, group_, config_.measurement);

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
