#pragma once

#include <string>
#include <vector>

#include <poll.h>
#include <sys/types.h>

namespace arbiter {

/// What somebody who waits for ranks knows of them.
class RankWatch {
 public:
  RankWatch() = default;
  virtual ~RankWatch();
  RankWatch(const RankWatch&) = delete;
  RankWatch& operator=(const RankWatch&) = delete;

  /// Their process ids by rank, 0 for those on other hosts; empty while they are not known.
  [[nodiscard]] virtual std::vector<pid_t> processes() = 0;
  /// Whether this rank, of the host it runs on, was asked to end by who launched it, as ranks are that outlive the
  /// first.
  [[nodiscard]] virtual bool was_told_to_end(int rank) = 0;
  /// Why the ranks should be ended now ("no word for 60 s"); empty if they need not. Asked again and again.
  [[nodiscard]] virtual std::string ends_now() = 0;
};

/// Waits for one process and for some ranks beneath it, so that the first rank to end is known: its launcher then ends
/// the others. Who comes late finds several of them ended, and goes by who was not told to.
class RankExitMonitor {
 public:
  explicit RankExitMonitor(pid_t launcher);
  ~RankExitMonitor();
  RankExitMonitor(const RankExitMonitor&) = delete;
  RankExitMonitor& operator=(const RankExitMonitor&) = delete;

  /// They are `watch`'s processes; some may have ended already.
  void look_at(const std::vector<pid_t>& ranks, RankWatch& watch);
  /// Returns when one of them ends, after `milliseconds`, or for a signal.
  void wait(int milliseconds);
  /// -1 if none has ended, or it is not known which was the first.
  [[nodiscard]] int first() const { return first_; }

 private:
  /// Together, as far as anybody can tell.
  void note_end_of(std::vector<int> ranks);

  std::vector<pollfd> waited_for_;  // descriptors of processes: the launcher's, then the ranks'
  RankWatch* watch_ = nullptr;      // of those ranks
  bool any_left_ = false;           // of its own accord
  int first_ = -1;
};

}  // namespace arbiter
