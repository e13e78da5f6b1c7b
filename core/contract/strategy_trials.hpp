// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "arbiter/strategy.hpp"
#include "contract/contract_checker.hpp"
#include "measure/problem_tensors.hpp"
#include "measure/verification.hpp"

namespace arbiter {

/// What strategies are tested with in one process group: a backend, the fusions, and problems of ragged shapes. Every
/// rank of the group makes the same calls in the same order.
class StrategyTrials {
 public:
  /// `backend` is the strategy's, and available.
  StrategyTrials(const PluginHost& plugins, std::shared_ptr<Backend> backend, ProcessGroup& group);

  /// Shapes that no tile, vector or rank count divides, in every message dtype; one of a few MiB.
  [[nodiscard]] static std::vector<Problem> problems(int tp_size);
  /// Six, for tests that run often.
  [[nodiscard]] static std::vector<Problem> few_problems(int tp_size);

  [[nodiscard]] ProcessGroup& group() { return group_; }
  [[nodiscard]] Backend& backend() { return *backend_; }
  /// The installed fusions by name; NONE is always among them.
  [[nodiscard]] const std::map<std::string, std::shared_ptr<Fusion>>& fusions() const { return fusions_; }
  void set_fusion(const std::string& name, std::shared_ptr<Fusion> fusion) { fusions_[name] = std::move(fusion); }
  [[nodiscard]] const Fusion& fusion(const Problem& problem) const { return *fusions_.at(problem.fusion); }

  /// strategy.supports(), with a group that throws if it is used to communicate.
  [[nodiscard]] Support supports(const Strategy& strategy, const Problem& problem) const;

  /// Collective. Throws ContractViolation on every rank if it fails on any.
  [[nodiscard]] std::unique_ptr<Operation> prepare(Strategy& strategy, const Problem& problem,
                                                   std::chrono::milliseconds timeout = std::chrono::seconds(20));
  [[nodiscard]] std::unique_ptr<ProblemTensors> tensors(const Problem& problem, const TestData& data);

  /// Collective. Runs the operation on poisoned outputs. Throws ContractViolation on every rank, naming the problem and
  /// a wrong value (wrong_value()), if the result is wrong on any rank or the message was written to.
  void run_and_judge(const Strategy& strategy, Operation& operation, const Problem& problem, ProblemTensors& tensors);
  /// Collective. The same for an operation that ran already, without the check of the message.
  void judge_result(const Strategy& strategy, const Problem& problem, ProblemTensors& tensors);
  /// Collective. Runs it on messages whose sums depend on the order, and throws ContractViolation if the bits are not
  /// those of fp32 additions in rank order. The problem's fusion is NONE; the tensors hold other messages afterwards.
  void expect_rank_order(Operation& operation, const Problem& problem, ProblemTensors& tensors);

 private:
  /// Collective. Throws ViolationOnAllRanks if the verification failed.
  void expect_passed(const Verification& verified, const Strategy& strategy, const Problem& problem,
                     const ProblemTensors& tensors);

  const PluginHost& plugins_;
  std::shared_ptr<Backend> backend_;
  ProcessGroup& group_;
  std::map<std::string, std::shared_ptr<Fusion>> fusions_;
  std::map<std::string, std::shared_ptr<Strategy>> others_;  // for Preparation::prepare_other
};

}  // namespace arbiter
