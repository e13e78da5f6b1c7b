// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "arbiter/dataset.hpp"
#include "sweep/plan.hpp"

namespace arbiter {

/// One strategy on one problem.
struct Cell {
  Problem problem;
  std::string strategy;
  friend auto operator<=>(const Cell&, const Cell&) = default;
};

/// One line of JSON.
[[nodiscard]] std::string to_json_text(const Cell& cell);
/// Throws for a text that to_json_text() did not write.
[[nodiscard]] Cell cell_from_json(const std::string& text);

/// A cell that crashed or hung the ranks that measured it.
struct BrokenCell {
  Cell cell;
  std::string reason;
};

/// The first record of a checkpoint.
struct CheckpointHead {
  std::string run_id;
  std::string date;  ///< of the start of the run, UTC
};

/// What an unfinished sweep has done, in a file on disk, a line for each record: the rows of each problem as soon as it
/// is measured, what a part skipped, which cells broke their ranks, which parts are finished. New ranks continue from
/// it, after a crash and with --resume alike. A line without its end was being written when the process was killed; it
/// does not count.
class Checkpoint {
 public:
  /// The environment variable in which ranks get its path.
  static constexpr const char* variable = "ARBITER_CHECKPOINT";

  /// Opens an existing file to add to it, as its only writer: waits until processes of before have ended. Throws
  /// SystemError, and Error if they do not end.
  explicit Checkpoint(std::filesystem::path file);
  ~Checkpoint();
  Checkpoint(const Checkpoint&) = delete;
  Checkpoint& operator=(const Checkpoint&) = delete;

  /// Writes the file of a new run.
  static void create(const std::filesystem::path& file, const CheckpointHead& head);

  /// The rows of one problem: all of them or none are there afterwards. Throws SystemError, as all of these do.
  void add_rows(const std::vector<Measurement>& rows);
  void add_skipped(const std::vector<SkippedCell>& cells);
  void add_broken(const BrokenCell& broken);
  void add_finished_part(const std::string& part);

  /// All that was added, in order.
  struct Contents {
    std::vector<Measurement> rows;
    std::vector<BrokenCell> broken;
    std::vector<SkippedCell> skipped = {};
    std::vector<std::string> finished_parts = {};
    CheckpointHead head = {};
  };
  /// The records as text, which can be broadcast to ranks that cannot open the file.
  [[nodiscard]] std::string text() const;
  /// Parses text(). Numbers are bit-identical to those written. Throws DataError for a malformed line that has its end.
  [[nodiscard]] static Contents contents_of(const std::string& text);

 private:
  [[nodiscard]] static std::string_view whole_lines(std::string_view text);
  void add(const std::string& lines);

  std::filesystem::path file_;
  int descriptor_ = -1;
};

}  // namespace arbiter
