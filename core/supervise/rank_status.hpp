// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <csignal>
#include <cstddef>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <sys/types.h>

#include "supervise/checkpoint.hpp"
#include "sweep/run_hooks.hpp"

namespace arbiter {

/// What ranks tell the process that launched them while they run: their process ids, the cell in progress, who got
/// SIGTERM, the error of the rank that gave up, and how the run ended. A file in memory, of which nothing is left when
/// the launcher ends; what must outlive it is in the checkpoint.
class RankStatus {
 public:
  /// The environment variable that holds its path.
  static constexpr const char* variable = "ARBITER_RANK_STATUS";

  /// The launcher's: creates it and sets the variable while it lives. Throws SystemError.
  RankStatus();
  ~RankStatus();
  RankStatus(const RankStatus&) = delete;
  RankStatus& operator=(const RankStatus&) = delete;
  /// A rank's. Null without a launcher, or if it is on another host.
  [[nodiscard]] static std::unique_ptr<RankStatus> of_launcher();

  /// Called before ranks start: forgets the previous ones.
  void begin_launch();

  /// Process ids by rank; 0 for ranks on other hosts than rank 0.
  void write_ranks(const std::vector<pid_t>& pids);
  [[nodiscard]] std::vector<pid_t> ranks() const;
  /// Where a rank writes a non-zero byte when it gets SIGTERM. A signal handler can do that.
  struct TermMark {
    int descriptor = -1;
    off_t offset = 0;
  };
  [[nodiscard]] TermMark term_mark(int rank) const;
  [[nodiscard]] bool got_sigterm(int rank) const;

  /// The cell in progress, what of it, and how many seconds the ranks may take until their next progress. Cheap to
  /// repeat.
  void write_current(const Cell& cell, Phase phase, double patience_seconds);
  /// No cell is in progress.
  void clear_current();
  struct Current {
    Cell cell;
    Phase phase = Phase::preparation;
    double patience_seconds = 0.0;
  };
  [[nodiscard]] std::optional<Current> current() const;
  /// Changes whenever the ranks make progress.
  [[nodiscard]] std::string progress_stamp() const;

  /// The error that made a rank abort the run; the first rank's counts. Empty without one.
  void write_error(const std::string& text);
  [[nodiscard]] std::string error() const;
  /// How the run ended, or what it is doing: see report_exit_code() and report_step(). Empty at first.
  void write_outcome(const std::string& text);
  [[nodiscard]] std::string outcome() const;

 private:
  explicit RankStatus(int descriptor) : descriptor_(descriptor) {}
  /// Texts that are too long are cut.
  void write_slot(std::size_t offset, std::string text);
  [[nodiscard]] std::string slot(std::size_t offset) const;

  int descriptor_ = -1;
  bool is_launchers_ = false;
  std::map<std::pair<Cell, Phase>, std::string> rendered_;
};

/// While it lives, a SIGTERM to this rank is marked for the launcher before it ends the rank. When one rank crashes,
/// mpirun sends SIGTERM to the others: the mark tells the crashed rank from those. One at a time in a process.
class TermMarker {
 public:
  /// Does nothing without a launcher on this host.
  explicit TermMarker(int rank);
  ~TermMarker();
  TermMarker(const TermMarker&) = delete;
  TermMarker& operator=(const TermMarker&) = delete;

 private:
  std::unique_ptr<RankStatus> status_;
  struct sigaction before_ {};
};

}  // namespace arbiter
