// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

#include "arbiter/error.hpp"
#include "arbiter/process_group.hpp"
#include "comm/world.hpp"
#include "plugin/plugin_host.hpp"

namespace arbiter {

/// A clause of the contract is violated; the text says where and how.
class ContractViolation : public Error {
 public:
  using Error::Error;
};

/// The same, with a text that all ranks have agreed on.
class ViolationOnAllRanks : public ContractViolation {
 public:
  using ContractViolation::ContractViolation;
};

/// Tests the clauses of a contract one after the other, by all ranks together. Rank 0 prints the result of each.
class ContractChecker {
 public:
  /// Gets the clause, and the case within it, before it is tested, so that the launcher can name it after a crash.
  /// Returns false if there is no launcher.
  using ReportStep = std::function<bool(const std::string&)>;

  /// A clause that takes longer than `patience` kills the process.
  ContractChecker(ProcessGroup& ranks, std::chrono::seconds patience, ReportStep report_step);
  ~ContractChecker();
  ContractChecker(const ContractChecker&) = delete;
  ContractChecker& operator=(const ContractChecker&) = delete;

  /// Collective. `clause` is what the contract says. `test` returns what it tried, to be printed, and throws if the
  /// clause is violated. A test that throws on one rank must not leave other ranks waiting (see collectively()).
  void expect(const std::string& clause, const std::function<std::string()>& test);
  /// Collective. The same for a test that does not communicate: only rank 0 runs it.
  void expect_on_root(const std::string& clause, const std::function<std::string()>& test);
  /// Collective. Prints that the clause was not tested, because it depends on one that is violated.
  void pass_over(const std::string& clause);
  /// Collective. Prints what a person should know but violates nothing.
  void note(const std::string& text);
  /// The case that the current test tries next.
  void set_case(const std::string& name);

  /// Collective in `group`. Runs a step on every rank. If it throws on any, throws ViolationOnAllRanks on all of them,
  /// with the text of the first rank that failed; timeouts count only if there is nothing else, as in first_failure().
  static void collectively(ProcessGroup& group, const std::function<void()>& step);

  [[nodiscard]] int violations() const { return violations_; }

 private:
  void watch(std::chrono::seconds patience);
  void set_step(const std::string& step);

  ProcessGroup& ranks_;
  ReportStep report_step_;
  std::string clause_;
  std::string step_;  // the clause, with the case within it
  int violations_ = 0;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::chrono::steady_clock::time_point clause_start_;
  bool testing_ = false;
  bool over_ = false;
  std::thread watchdog_;
};

/// Runs `round` until libraries hold what they keep, then `rounds` times more. Throws ContractViolation, with `what` in
/// its text, if the process holds more file descriptors, memory mappings, threads or child processes after each round.
/// (Heap memory is for the sanitizers to watch.)
void expect_no_leak(const std::string& what, int rounds, const std::function<void()>& round);

/// The plugin whose contract is checked, and what the checks need.
struct PluginUnderTest {
  const PluginHost& plugins;
  const PluginEntry& entry;
  Parameters parameters;
  World& world;
  ContractChecker& checker;

  /// A new object of the plugin. Throws PluginError.
  template <class Kind>
  [[nodiscard]] std::shared_ptr<Kind> make() const {
    auto made = plugins.create_as<Kind>(entry, parameters);
    if (made == nullptr) throw PluginError("its factory makes no " + std::string(name_of(entry.kind)));
    return made;
  }
};

/// Collective over the world: the contract of each kind of plugin.
void check_backend(PluginUnderTest& plugin);
void check_strategy(PluginUnderTest& plugin);
void check_fusion(PluginUnderTest& plugin);
/// These two work on rank 0; the other ranks wait.
void check_heuristic(PluginUnderTest& plugin);
void check_sink(PluginUnderTest& plugin);

}  // namespace arbiter
