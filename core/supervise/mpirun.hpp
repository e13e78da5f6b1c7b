// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include <poll.h>
#include <sys/types.h>

namespace arbiter {

/// What run_under_mpirun() asks about the ranks while they run. It is asked again and again.
class RankWatch {
 public:
  RankWatch() = default;
  virtual ~RankWatch();
  RankWatch(const RankWatch&) = delete;
  RankWatch& operator=(const RankWatch&) = delete;

  /// The ranks' process ids by rank, 0 for ranks on other hosts; empty while they are not known.
  [[nodiscard]] virtual std::vector<pid_t> pids() = 0;
  /// Whether this rank, which is on this host, got SIGTERM. mpirun sends it to the ranks that outlive the first.
  [[nodiscard]] virtual bool got_sigterm(int rank) = 0;
  /// Why the ranks must be stopped now ("no progress from the ranks for 60 s"); empty if they need not be.
  [[nodiscard]] virtual std::string stop_reason() = 0;
};

/// Waits for the exit of mpirun and its ranks, to find the rank that exited first: the others only follow, because
/// mpirun stops them. If several have exited by the next look, the one without a SIGTERM was the first. If one with a
/// SIGTERM had exited before all others, mpirun was told to end.
class RankExitMonitor {
 public:
  explicit RankExitMonitor(pid_t mpirun);
  ~RankExitMonitor();
  RankExitMonitor(const RankExitMonitor&) = delete;
  RankExitMonitor& operator=(const RankExitMonitor&) = delete;

  /// Adds the pids() of `watch`; some may have exited already.
  void add_ranks(const std::vector<pid_t>& pids, RankWatch& watch);
  /// Returns when one of them exits, after `milliseconds`, or for a signal.
  void wait(int milliseconds);
  /// The rank that exited first; -1 if none has, or if it cannot be known.
  [[nodiscard]] int first() const { return first_; }
  /// Whether all ranks are known and on this host, and all have exited, the first after a SIGTERM. Waits a moment for
  /// the last.
  [[nodiscard]] bool all_told_to_end();
  /// Ends the ranks that still run: what mpirun does, unless it was killed. Waits for them, not for ever, and removes
  /// the shared memory that they had mapped.
  void end_ranks();

 private:
  /// Their order is unknown.
  void record_exits(std::vector<int> ranks);

  std::vector<pollfd> processes_;  // pidfds: mpirun's, then the ranks'
  RankWatch* watch_ = nullptr;
  std::vector<std::string> shared_memory_;  // files that ranks have mapped
  std::size_t told_to_end_ = 0;
  bool any_exited_ = false;  // without a SIGTERM
  int first_ = -1;
};

/// How a run under mpirun ended.
struct MpirunResult {
  int status = 0;              ///< mpirun's exit status; 128 + signal if a signal killed mpirun itself
  int interrupted_by = 0;      ///< the signal this process got meanwhile and forwarded; 0 if none
  bool mpirun_killed = false;  ///< by a signal
  /// Every rank got SIGTERM, and none exited before: somebody else ended mpirun.
  bool ranks_told_to_end = false;
  int first_to_exit = -1;   ///< RankExitMonitor::first(), if there is a watch
  std::string stop_reason;  ///< why the watch had the ranks stopped; empty if it did not
};

/// Starts `command` as `ranks` ranks under mpirun (or the program that ARBITER_MPIRUN names) and waits for it. SIGINT,
/// SIGTERM and SIGHUP are forwarded to mpirun, which then stops its ranks; it also does if this process dies. With
/// `core_each` every rank is bound to a core, if there are enough. `watch` may be null. Throws SystemError if mpirun
/// cannot be started.
[[nodiscard]] MpirunResult run_under_mpirun(int ranks, const std::vector<std::string>& command, bool core_each = true,
                                            RankWatch* watch = nullptr);

}  // namespace arbiter
