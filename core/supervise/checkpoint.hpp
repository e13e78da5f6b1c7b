#pragma once

#include <cstddef>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <sys/types.h>

#include "arbiter/dataset.hpp"

namespace arbiter {

/// One strategy on one problem.
struct Cell {
  Problem problem;
  std::string strategy;
  friend auto operator<=>(const Cell&, const Cell&) = default;
};

/// A cell that ended the ranks that measured it.
struct BrokenCell {
  Cell cell;
  std::string reason;
};

/// What the ranks of a sweep tell the process that launched them, so that fresh ones can take over should they break:
/// every row as it is measured, and what they are at. It is a file of the launcher's, without a name. Not
/// synchronised; ranks may write complaints at any time.
class Checkpoint {
 public:
  /// The environment variable that has its path.
  static constexpr const char* variable = "ARBITER_CHECKPOINT";

  /// Opens it. Throws SystemError.
  explicit Checkpoint(const std::filesystem::path& file);
  ~Checkpoint();
  Checkpoint(const Checkpoint&) = delete;
  Checkpoint& operator=(const Checkpoint&) = delete;
  /// Of the process that launched this rank; null if there is none, or it is on another host.
  [[nodiscard]] static std::unique_ptr<Checkpoint> of_launcher();

  /// Fresh ranks are about to start: there are none, nothing is measured, and none was told to end.
  void begin_launch();

  /// Process ids by rank; 0 for ranks on other hosts than rank 0.
  void write_ranks(const std::vector<pid_t>& processes);
  [[nodiscard]] std::vector<pid_t> ranks() const;
  /// Where a rank that is told to end writes a byte other than 0, which a signal handler can.
  struct TermMark {
    int descriptor = -1;
    off_t offset = 0;
  };
  [[nodiscard]] TermMark term_mark(int rank) const;
  [[nodiscard]] bool was_told_to_end(int rank) const;

  /// What is measured from now on, and how long that may take without another word. Cheap to repeat.
  void write_current(const Cell& cell, double patience_seconds);
  /// Nothing is measured from now on.
  void clear_current();
  struct Current {
    Cell cell;
    double patience_seconds = 0.0;
  };
  [[nodiscard]] std::optional<Current> current() const;
  /// Differs after every word.
  [[nodiscard]] std::string pulse() const;

  void add_row(const Measurement& row);
  void add_broken(const BrokenCell& broken);
  /// Why a rank ended itself.
  void add_complaint(const std::string& text);

  struct Contents {
    std::vector<Measurement> rows;
    std::vector<BrokenCell> broken;
    std::vector<std::string> complaints;
  };
  /// All that was added, as text, for contents_of().
  [[nodiscard]] std::string text() const;
  [[nodiscard]] static Contents contents_of(const std::string& text);

 private:
  void write_slot(std::size_t offset, const std::string& text);
  [[nodiscard]] std::string slot(std::size_t offset) const;
  void add(const std::string& line);

  int slots_ = -1;    // written in place
  int records_ = -1;  // grows
  std::map<Cell, std::string> rendered_;
};

}  // namespace arbiter
