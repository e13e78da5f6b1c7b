#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>

#include "arbiter/backend.hpp"
#include "arbiter/export.hpp"
#include "arbiter/fusion.hpp"
#include "arbiter/plugin.hpp"
#include "arbiter/problem.hpp"
#include "arbiter/process_group.hpp"

namespace arbiter {

/// What a strategy is given to prepare an operation. The references outlive the operation.
struct Preparation {
  Problem problem;
  ProcessGroup& group;
  Backend& backend;
  const Fusion& fusion;
  std::chrono::milliseconds timeout{10'000};  ///< the longest any spin may last

  /// Prepares another strategy of the run for the same problem, by its name: for strategies that wrap one. Collective.
  /// Throws Error if there is none of that name or it does not support the problem.
  std::function<std::unique_ptr<Operation>(const std::string& strategy)> prepare_other;
};

/// One implementation of AllReduce on one backend. One object per rank and per process group, so workspaces can be
/// kept between problems. Operations are used before their strategy is destroyed, one at a time.
class ARBITER_EXPORT Strategy : public Plugin {
 public:
  /// Whether the epilogue runs inside the operation. If not, prepare() is given a fusion that only rounds
  /// and stores the sum (NONE), and the runner runs the problem's epilogue as a pass of its own.
  [[nodiscard]] virtual bool fuses() const = 0;

  /// Whether it can do the problem in that group, and why not. Not collective; the same on every rank.
  [[nodiscard]] Support supports(const Problem& problem, const ProcessGroup& group) const;

  /// Collective. The operation, with its workspaces, peer mappings and kernels. Throws Error; PluginError if
  /// do_prepare() returns null.
  [[nodiscard]] std::unique_ptr<Operation> prepare(const Preparation& preparation);

 protected:
  /// What supports() asks. A refusal has a reason for people. Not collective; must say the same on every rank.
  [[nodiscard]] virtual Support do_supports(const Problem& problem, const ProcessGroup& group) const = 0;

  /// What prepare() asks; never null. Collective: a rank that fails must not leave others waiting (first_failure()).
  [[nodiscard]] virtual std::unique_ptr<Operation> do_prepare(const Preparation& preparation) = 0;
};

/// What every AllReduce asks of its message: as many ranks in the group as the problem says, at least one element, and
/// a dtype messages can have (bfloat16, float16, float32). A strategy asks this first and then what it needs itself.
/// Not collective, the same on every rank; thread-safe.
[[nodiscard]] ARBITER_EXPORT Support supports_message(const Problem& problem, const ProcessGroup& group);

}  // namespace arbiter
