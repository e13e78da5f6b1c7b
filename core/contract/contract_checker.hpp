#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <string>
#include <thread>

#include "arbiter/error.hpp"
#include "arbiter/process_group.hpp"

namespace arbiter {

/// A clause of the contract was broken; the text says where and how.
class ContractViolation : public Error {
 public:
  using Error::Error;
};

/// The same, with a text all ranks have agreed on.
class ViolationOnAllRanks : public ContractViolation {
 public:
  using ContractViolation::ContractViolation;
};

/// The clauses of a contract, tried one after the other by all ranks together, each told to the person by rank 0.
class ContractChecker {
 public:
  using Step = std::function<void(const std::string&)>;

  /// A clause that lasts longer than `patience` ends the process: whoever launched it says which one it was.
  ContractChecker(ProcessGroup& ranks, std::chrono::seconds patience, Step step);
  ~ContractChecker();
  ContractChecker(const ContractChecker&) = delete;
  ContractChecker& operator=(const ContractChecker&) = delete;

  /// Collective. `clause` is what the contract says. `test` returns what was tried, for the person, and throws if the
  /// clause does not hold; a test that throws on one rank must not leave others waiting (see together()).
  void hold(const std::string& clause, const std::function<std::string()>& test);
  /// Collective. The same for a test that does not communicate: only rank 0 runs it.
  void hold_on_root(const std::string& clause, const std::function<std::string()>& test);
  /// Collective. Something a person should know that breaks nothing.
  void note(const std::string& text);
  /// Where a test is, in case it does not come back.
  void at(const std::string& place);

  /// Collective in `group`. Runs a step on every rank; throws ViolationOnAllRanks on all of them, with the first rank's
  /// text, if it threw on any.
  static void together(ProcessGroup& group, const std::function<void()>& step);

  [[nodiscard]] ProcessGroup& ranks() { return ranks_; }
  [[nodiscard]] int broken() const { return broken_; }

 private:
  void watch(std::chrono::seconds patience);

  ProcessGroup& ranks_;
  Step step_;
  std::string clause_;
  int broken_ = 0;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::chrono::steady_clock::time_point clause_start_;
  bool trying_ = false;
  bool over_ = false;
  std::thread watchdog_;
};

}  // namespace arbiter
