// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "arbiter/backend.hpp"
#include "arbiter/export.hpp"
#include "arbiter/fusion.hpp"
#include "arbiter/plugin.hpp"
#include "arbiter/problem.hpp"
#include "arbiter/process_group.hpp"

namespace arbiter {

/// What a strategy gets to prepare an operation. The references outlive the operation.
struct Preparation {
  Problem problem;
  ProcessGroup& group;
  Backend& backend;
  const Fusion& fusion;
  std::chrono::milliseconds timeout{10'000};  ///< the bound of every wait for a peer

  /// Prepares another strategy of the run for the same problem, by its name: for strategies that wrap one. Collective.
  /// Throws Error if there is none of that name or it does not support the problem.
  std::function<std::unique_ptr<Operation>(const std::string& strategy)> prepare_other{};

  /// Bytes that the address of every tensor, and of the message, will be a multiple of; at least the size of an
  /// element. 16 and more spares kernels for unaligned vectors.
  std::size_t alignment = 1;
};

/// One implementation of AllReduce on one backend. There is one object per rank and process group, so it can keep
/// workspaces between problems. Operations are used before their strategy is destroyed, one at a time. One thread.
class ARBITER_EXPORT Strategy : public Plugin {
 public:
  /// Whether the epilogue of this problem's fusion runs inside the operation. If not, prepare() gets the fusion NONE,
  /// which rounds and stores the sum, and the runner adds the problem's epilogue as a separate pass. Not collective;
  /// the same on every rank.
  [[nodiscard]] virtual bool fuses(const Problem& problem) const = 0;

  /// How it adds: verification allows the errors of this, and it is a column of the CSV. Refined by overriding it.
  [[nodiscard]] virtual Numerics numerics() const { return Numerics::library; }

  /// The versions of the libraries it runs, as pairs of a name and a version ("torch", "2.9.0"); recorded with the run.
  /// Not collective; the same on every rank.
  [[nodiscard]] virtual std::vector<std::pair<std::string, std::string>> versions() const { return {}; }

  /// Whether the strategy can do the problem in that group, and if not, why. Not collective; the same on every rank.
  [[nodiscard]] Support supports(const Problem& problem, const ProcessGroup& group) const;

  /// Collective. An operation for the problem, with its workspaces, peer mappings and kernels. Throws Error, and
  /// PluginError if do_prepare() returns null.
  [[nodiscard]] std::unique_ptr<Operation> prepare(const Preparation& preparation);

 protected:
  /// Implements supports(). Call supports_message() first. A refusal has a reason for people.
  [[nodiscard]] virtual Support do_supports(const Problem& problem, const ProcessGroup& group) const = 0;

  /// Implements prepare(); never returns null. Collective: a rank that fails must not leave others waiting
  /// (first_failure()). If an earlier operation ended with an exception, what the strategy keeps is made anew (see
  /// Operation::enqueue()).
  [[nodiscard]] virtual std::unique_ptr<Operation> do_prepare(const Preparation& preparation) = 0;
};

/// What every AllReduce requires of its message: as many ranks in the group as the problem has, at least one element,
/// and a message dtype (bfloat16, float16, float32). Not collective; the same on every rank; thread-safe.
[[nodiscard]] ARBITER_EXPORT Support supports_message(const Problem& problem, const ProcessGroup& group);

}  // namespace arbiter
