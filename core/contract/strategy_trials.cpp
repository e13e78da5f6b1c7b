// SPDX-License-Identifier: Apache-2.0
#include "contract/strategy_trials.hpp"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "arbiter/host/row_kernels.hpp"
#include "comm/silent_group.hpp"
#include "contract/wrong_value.hpp"
#include "measure/random_data.hpp"
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
                              const ProcessGroup& group, double share) {
  const auto copy = tensors.copy_out();
  const Bindings host{nullptr, copy.pointers};
  for (std::int64_t row = group.rank(); row < problem.num_tokens; row += group.size()) {
    std::vector<double> sum(static_cast<std::size_t>(problem.hidden_size));
    std::vector<double> tolerance(sum.size());
    sum_of_row(problem, tensors.data(), 0, row, share, sum, tolerance);
    const double error = fusion.check_row(problem, host, row, sum, tolerance);
    if (error <= 1.0) continue;
    const auto wrong = wrong_value(fusion, problem, host, row, sum, tolerance, error);
    return wrong.empty() ? wrong : fmt::format("row {}, {}", row, wrong);
  }
  return {};
}

/// A rank's message whose elements are of very different magnitudes on different ranks: sums of random numbers of one
/// magnitude are nearly always exact in fp32, in any order.
std::vector<std::byte> uneven_message(const Problem& problem, int rank) {
  const auto& kernels = row_kernels(problem.dtype);
  std::vector<std::byte> message(static_cast<std::size_t>(problem.message_bytes()));
  message_elements({11, false}, problem, rank, 0, problem.elements(), message.data());
  std::vector<float> values(static_cast<std::size_t>(problem.elements()));
  kernels.load(message.data(), values.data(), problem.elements());
  for (std::size_t i = 0; i < values.size(); ++i) {
    values[i] = std::ldexp(values[i], -static_cast<int>((7 * i + 5 * static_cast<std::size_t>(rank)) % 12));
  }
  kernels.store(values.data(), message.data(), problem.elements());
  return message;
}

/// The bits of the sum in fp32, rank 0 first, rounded once.
std::vector<std::byte> sum_in_rank_order(const Problem& problem) {
  const auto& kernels = row_kernels(problem.dtype);
  std::vector<std::vector<std::byte>> messages;
  messages.reserve(static_cast<std::size_t>(problem.tp_size));
  std::vector<const void*> inputs;
  inputs.reserve(messages.capacity());
  for (int rank = 0; rank < problem.tp_size; ++rank) messages.push_back(uneven_message(problem, rank));
  for (const auto& message : messages) inputs.push_back(message.data());
  std::vector<float> sum(static_cast<std::size_t>(problem.elements()));
  kernels.reduce(inputs.data(), problem.tp_size, problem.elements(), sum.data());
  std::vector<std::byte> stored(messages.front().size());
  kernels.store(sum.data(), stored.data(), problem.elements());
  return stored;
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

void StrategyTrials::run_and_judge(const Strategy& strategy, Operation& operation, const Problem& problem,
                                   ProblemTensors& tensors) {
  const auto verified =
      verify(operation, problem, fusion(problem), tensors, *backend_, group_, allowed_share_of(strategy, problem));
  expect_passed(verified, strategy, problem, tensors);
}

void StrategyTrials::judge_result(const Strategy& strategy, const Problem& problem, ProblemTensors& tensors) {
  const auto verified = judge(problem, fusion(problem), tensors, group_, allowed_share_of(strategy, problem));
  expect_passed(verified, strategy, problem, tensors);
}

void StrategyTrials::expect_passed(const Verification& verified, const Strategy& strategy, const Problem& problem,
                                   const ProblemTensors& tensors) {
  if (verified.passed()) return;
  std::string where;
  if (verified.error > 1.0) {
    const double share = allowed_share_of(strategy, problem);
    where = first_failure(first_wrong_value(problem, fusion(problem), tensors, group_, share), group_);
    if (strategy.numerics() != Numerics::library && std::isfinite(verified.error)) {
      where += fmt::format("{}numerics() states {}, which allows no larger error", where.empty() ? "" : "; ",
                           name_of(strategy.numerics()));
    }
  }
  throw ViolationOnAllRanks(
      fmt::format("{}: {}{}{}", to_string(problem), verified.reason, where.empty() ? "" : "; ", where));
}

void StrategyTrials::expect_rank_order(Operation& operation, const Problem& problem, ProblemTensors& tensors) {
  const auto bindings = tensors.bindings();
  const auto message = uneven_message(problem, group_.rank());
  tensors.poison_outputs();  // before, as it repairs the message
  backend_->copy_in(const_cast<void*>(bindings.input), message.data(), message.size());
  group_.barrier();
  ContractChecker::collectively(group_, [&] { backend_->run(operation, bindings); });
  ContractChecker::collectively(group_, [&] {
    const auto expected = sum_in_rank_order(problem);
    const auto copy = tensors.copy_out();
    const auto* found = static_cast<const std::byte*>(copy.pointers.front());
    const auto differs = std::mismatch(expected.begin(), expected.end(), found).first - expected.begin();
    if (differs == static_cast<std::ptrdiff_t>(expected.size())) return;
    const auto bytes = static_cast<std::ptrdiff_t>(size_of(problem.dtype));
    const auto element = differs / bytes;
    const auto value_in = [&](const std::byte* data) {
      float value = 0.0F;
      row_kernels(problem.dtype).load(data + element * bytes, &value, 1);
      return value;
    };
    throw ContractViolation(fmt::format("{}: element {}: found {:.9g}, in rank order it is {:.9g}", to_string(problem),
                                        element, value_in(found), value_in(expected.data())));
  });
}

}  // namespace arbiter
