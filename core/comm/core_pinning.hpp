#pragma once

#include <sched.h>

#include "arbiter/process_group.hpp"

namespace arbiter {

/// Keeps every rank of a group on a core of its own while it lives. mpirun binds ranks only where all of them have a
/// core each; in a run whose largest group outnumbers the cores, two ranks of a smaller one may meet on one core, and
/// every wait then costs a turn of the scheduler. Does nothing where the group spans hosts, outnumbers the cores, or is
/// bound already.
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
