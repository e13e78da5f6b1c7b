#pragma once

#include <string>
#include <vector>

#include "supervise/rank_watch.hpp"

namespace arbiter {

/// How a run under mpirun ended.
struct LaunchResult {
  int status = 0;            ///< mpirun's exit status; 128 + signal if a signal ended mpirun itself
  int interrupted_by = 0;    ///< the signal this process got meanwhile and passed on; 0 if none
  bool mpirun_died = false;  ///< by a signal of its own
  int first_to_end = -1;     ///< the rank that ended before all others, if the watch knows processes
  std::string ended_for;     ///< why the watch had the ranks ended
};

/// Starts `command` as `ranks` ranks under mpirun and waits for it. SIGINT, SIGTERM and SIGHUP are passed on to mpirun,
/// which ends its ranks; so does the death of this process. With `core_each` a rank is bound to a core, if there are
/// enough. Throws Error if there is no mpirun. `watch`, which may be null, is asked from time to time.
[[nodiscard]] LaunchResult run_under_mpirun(int ranks, const std::vector<std::string>& command, bool core_each = true,
                                            RankWatch* watch = nullptr);

}  // namespace arbiter
