// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sched.h>

#include "arbiter/process_group.hpp"

namespace arbiter {

/// Binds every rank of a group to a separate core for its lifetime. mpirun binds ranks only if the whole run has a core
/// for each; otherwise two ranks of a smaller group may share a core, and every wait then costs a turn of the
/// scheduler. Does nothing if the group spans hosts, outnumbers the cores, or is bound already.
class CorePinning {
 public:
  /// Collective.
  explicit CorePinning(ProcessGroup& group);
  ~CorePinning();
  CorePinning(const CorePinning&) = delete;
  CorePinning& operator=(const CorePinning&) = delete;

 private:
  bool pinned_ = false;
  cpu_set_t before_{};
};

}  // namespace arbiter
