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
#include "arbiter/support.hpp"

namespace arbiter {

/// What a strategy is given to prepare an operation. The references outlive the operation.
struct Preparation {
  Problem problem;
  ProcessGroup& group;
  Backend& backend;
  const Fusion& fusion;
  std::chrono::milliseconds timeout{10'000};  ///< the longest any spin may last

  /// Prepares another strategy for the same problem by its name in the run (what AUTO does). Collective.
  /// Throws Error if there is none of that name or it does not support the problem.
  std::function<std::unique_ptr<Operation>(const std::string& strategy)> prepare_other;
  /// The strategy the run's selector names for the problem, the same on every rank; empty while no selector is made.
  /// Collective.
  std::function<std::string(const Problem&)> select;
};

/// One implementation of AllReduce on one backend. One object per rank and per process group, so workspaces can be
/// kept between problems. Operations are used before their strategy is destroyed, one at a time.
class ARBITER_EXPORT Strategy : public Plugin {
 public:
  /// Whether the epilogue runs inside the operation. If not, prepare() is given a fusion that only rounds
  /// and stores the sum (NONE), and the runner runs the problem's epilogue as a pass of its own.
  [[nodiscard]] virtual bool fuses() const = 0;

  /// Not collective; must say the same on every rank.
  [[nodiscard]] virtual Support supports(const Problem& problem, const ProcessGroup& group) const = 0;

  /// Collective. Makes workspaces, peer mappings and kernels. Throws Error.
  [[nodiscard]] virtual std::unique_ptr<Operation> prepare(const Preparation& preparation) = 0;
};

}  // namespace arbiter
