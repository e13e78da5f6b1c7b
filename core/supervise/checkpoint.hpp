// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <csignal>
#include <cstddef>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <sys/types.h>

#include "arbiter/dataset.hpp"
#include "sweep/plan.hpp"

namespace arbiter {

/// One strategy on one problem.
struct Cell {
  Problem problem;
  std::string strategy;
  friend auto operator<=>(const Cell&, const Cell&) = default;
};

/// A cell that crashed or hung the ranks that measured it.
struct BrokenCell {
  Cell cell;
  std::string reason;
};

/// What the ranks of a sweep write for the process that launched them, so that new ranks can continue after a crash:
/// each row as soon as it is measured, what a part skipped, the cell in progress, the process ids, and who got SIGTERM.
/// It is a file that the launcher creates (see launcher.hpp). Not synchronised, except that several ranks may call
/// add_rank_error() at once.
class Checkpoint {
 public:
  /// The environment variable that holds its path.
  static constexpr const char* variable = "ARBITER_CHECKPOINT";

  /// Opens an existing file. Throws SystemError.
  explicit Checkpoint(const std::filesystem::path& file);
  ~Checkpoint();
  Checkpoint(const Checkpoint&) = delete;
  Checkpoint& operator=(const Checkpoint&) = delete;
  /// The checkpoint of the process that launched this rank; null without a launcher, or if it is on another host.
  [[nodiscard]] static std::unique_ptr<Checkpoint> of_launcher();

  /// Called before ranks start: forgets the previous ranks and their cell in progress, keeps the rows and errors.
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

  /// The cell in progress, and how many seconds the ranks may take until their next progress. Cheap to repeat.
  void write_current(const Cell& cell, double patience_seconds);
  /// No cell is in progress.
  void clear_current();
  struct Current {
    Cell cell;
    double patience_seconds = 0.0;
  };
  [[nodiscard]] std::optional<Current> current() const;
  /// Changes whenever the ranks make progress: with each new cell and each record.
  [[nodiscard]] std::string progress_stamp() const;

  void add_row(const Measurement& row);
  void add_skipped(const SkippedCell& skipped);
  void add_broken(const BrokenCell& broken);
  /// The error that made a rank abort the run.
  void add_rank_error(const std::string& text);

  /// All that was added, in order.
  struct Contents {
    std::vector<Measurement> rows;
    std::vector<BrokenCell> broken;
    std::vector<std::string> rank_errors;
    std::vector<SkippedCell> skipped = {};
  };
  /// The records as text, which can be broadcast to ranks that cannot open the file.
  [[nodiscard]] std::string text() const;
  /// Parses text(). Numbers are bit-identical to those written. Throws Error for a malformed line.
  [[nodiscard]] static Contents contents_of(const std::string& text);

 private:
  void write_slot(std::size_t offset, const std::string& text);
  [[nodiscard]] std::string slot(std::size_t offset) const;
  void add(const std::string& line);

  int slots_ = -1;    // written in place
  int records_ = -1;  // appended to
  std::map<Cell, std::string> rendered_;
};

/// While it lives, a SIGTERM to this rank is marked in the launcher's checkpoint before it ends the rank. When one rank
/// crashes, mpirun sends SIGTERM to the others: the mark tells the crashed rank from those. One at a time in a process.
class TermMarker {
 public:
  /// Does nothing without a launcher's checkpoint on this host.
  explicit TermMarker(int rank);
  ~TermMarker();
  TermMarker(const TermMarker&) = delete;
  TermMarker& operator=(const TermMarker&) = delete;

 private:
  std::unique_ptr<Checkpoint> checkpoint_;
  struct sigaction before_ {};
};

}  // namespace arbiter
