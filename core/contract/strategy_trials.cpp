// SPDX-License-Identifier: Apache-2.0
#include "contract/strategy_trials.hpp"

#include <fmt/format.h>

#include "comm/silent_group.hpp"
#include "contract/wrong_value.hpp"
#include "measure/verification.hpp"
#include "plugin/plugin_host.hpp"
#include "sweep/problem_run.hpp"

namespace arbiter {

namespace {

struct Shape {
  std::int64_t num_tokens;
  std::int64_t hidden_size;
};

constexpr Shape shapes[] = {{1, 1},     {1, 8},     {2, 7},  {3, 100},  {5, 64},    {7, 2880},
                            {17, 1000}, {64, 1024}, {1, 33}, {300, 96}, {1023, 40}, {256, 4096}};

/// In this rank's share of the rows: "row 4, out[17]: found 0, expected 1.5 within 0.01". Empty if all are right, or if
/// wrong_value() does not know it.
std::string first_wrong_value(const Problem& problem, const Fusion& fusion, const ProblemTensors& tensors,
                              const ProcessGroup& group) {
  const auto copy = tensors.copy_out();
  const Bindings host{nullptr, copy.pointers};
  for (std::int64_t row = group.rank(); row < problem.num_tokens; row += group.size()) {
    std::vector<double> sum(static_cast<std::size_t>(problem.hidden_size));
    std::vector<double> tolerance(sum.size());
    sum_of_row(problem, tensors.data(), 0, row, allowed_share(Numerics::library, false, problem), sum, tolerance);
    const double error = fusion.check_row(problem, host, row, sum, tolerance);
    if (error <= 1.0) continue;
    const auto wrong = wrong_value(fusion, problem, host, row, sum, tolerance, error);
    return wrong.empty() ? wrong : fmt::format("row {}, {}", row, wrong);
  }
  return {};
}

}  // namespace

StrategyTrials::StrategyTrials(const PluginHost& plugins, std::shared_ptr<Backend> backend, ProcessGroup& group)
    : plugins_(plugins), backend_(std::move(backend)), group_(group) {
  fusions_[std::string(no_fusion)] = make_plugin<Fusion>(plugins, PluginKind::fusion, std::string(no_fusion));
  for (const auto& name : plugins.names(PluginKind::fusion)) {
    if (!fusions_.contains(name)) fusions_[name] = make_plugin<Fusion>(plugins, PluginKind::fusion, name);
  }
}

std::vector<Problem> StrategyTrials::problems(int tp_size) {
  std::vector<Problem> all;
  for (const auto dtype : {DType::bfloat16, DType::float16, DType::float32}) {
    for (const auto& shape : shapes) {
      all.push_back({tp_size, dtype, std::string(no_fusion), shape.hidden_size, shape.num_tokens});
    }
  }
  return all;
}

std::vector<Problem> StrategyTrials::few_problems(int tp_size) {
  const std::string none(no_fusion);
  return {{tp_size, DType::bfloat16, none, 100, 3},  {tp_size, DType::float32, none, 1000, 17},
          {tp_size, DType::float16, none, 33, 1},    {tp_size, DType::bfloat16, none, 2880, 130},
          {tp_size, DType::bfloat16, none, 7, 1023}, {tp_size, DType::float16, none, 1024, 64}};
}

Support StrategyTrials::supports(const Strategy& strategy, const Problem& problem) const {
  return strategy.supports(problem, SilentGroup(group_.rank(), group_.size(), group_.single_host()));
}

std::unique_ptr<Operation> StrategyTrials::prepare(Strategy& strategy, const Problem& problem,
                                                   std::chrono::milliseconds timeout) {
  Preparation preparation{problem, group_, *backend_, fusion(problem), timeout, {}};
  preparation.prepare_other = [&](const std::string& name) {
    auto& other = others_[name];
    if (other == nullptr) {
      other = make_plugin<Strategy>(plugins_, PluginKind::strategy, name, std::nullopt, backend_->name());
    }
    return prepare(*other, problem, timeout);
  };
  std::unique_ptr<Operation> operation;
  ContractChecker::collectively(group_, [&] {
    try {
      operation = prepare_operation(strategy, preparation, fusions_.at(std::string(no_fusion)).get());
    } catch (const std::exception& error) {
      throw ContractViolation(fmt::format("{}: prepare() failed: {}", to_string(problem), error.what()));
    }
  });
  return operation;
}

std::unique_ptr<ProblemTensors> StrategyTrials::tensors(const Problem& problem, const TestData& data) {
  return std::make_unique<ProblemTensors>(problem, fusion(problem), *backend_, group_.rank(), data);
}

void StrategyTrials::run_and_judge(Operation& operation, const Problem& problem, ProblemTensors& tensors) {
  expect_passed(verify(operation, problem, fusion(problem), tensors, *backend_, group_), problem, tensors);
  ContractChecker::collectively(group_, [&] {
    if (!tensors.input_is_intact())
      throw ContractViolation(fmt::format("{}: the message was written to", to_string(problem)));
  });
}

void StrategyTrials::judge_result(const Problem& problem, ProblemTensors& tensors) {
  expect_passed(judge(problem, fusion(problem), tensors, group_), problem, tensors);
}

void StrategyTrials::expect_passed(const Verification& verified, const Problem& problem,
                                   const ProblemTensors& tensors) {
  if (verified.passed()) return;
  std::string where;
  if (verified.error > 1.0) {
    where = first_failure(first_wrong_value(problem, fusion(problem), tensors, group_), group_);
  }
  throw ViolationOnAllRanks(
      fmt::format("{}: {}{}{}", to_string(problem), verified.reason, where.empty() ? "" : "; ", where));
}

}  // namespace arbiter
