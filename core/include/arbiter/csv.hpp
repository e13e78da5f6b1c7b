#pragma once

#include <cstdio>
#include <filesystem>
#include <string>

#include "arbiter/dataset.hpp"
#include "arbiter/export.hpp"

namespace arbiter {

/// Columns, in order: world_size, dtype, size, num_tokens, hidden_size, strategy, fusion, op, time (us), then
/// backend, graph, status, inner, samples, min (us), p95 (us), ci_low (us), ci_high (us), error.
/// `size` is the message in bytes. A failed row has status "failed" and an empty time.

struct CsvReadOptions {
  bool skip_bad_rows = false;  ///< count malformed lines instead of throwing
};

struct CsvContents {
  Dataset dataset;
  std::int64_t skipped_rows = 0;
  std::vector<std::string> warnings;  ///< one line per skipped row: file:line: column: found, allowed
};

/// Reads one file. Columns are found by their header names, so files of other tools with only the first eight
/// (no op) or nine columns load too, in any column order. Throws DataError (file:line: column: found, allowed) and
/// SystemError.
[[nodiscard]] ARBITER_EXPORT CsvContents read_csv(const std::filesystem::path& file,
                                                  const CsvReadOptions& options = {});

/// Reads every benchmark.tp<N>.<platform>.csv of a folder, ascending in N, as one dataset. An empty platform means
/// the only one there. Throws DataError if there is no such file, or several platforms and none was named.
[[nodiscard]] ARBITER_EXPORT CsvContents read_data_dir(const std::filesystem::path& dir, const std::string& platform,
                                                       const CsvReadOptions& options = {});

/// Writes rows as they are measured: each is one write of one whole line, so that a killed process leaves whole
/// lines only. A file already there is first renamed to <file>.1 (or the next free number): nothing measured is lost.
class ARBITER_EXPORT CsvWriter {
 public:
  /// Creates parent folders and writes the header. Throws SystemError.
  explicit CsvWriter(std::filesystem::path file);
  ~CsvWriter();
  CsvWriter(const CsvWriter&) = delete;
  CsvWriter& operator=(const CsvWriter&) = delete;

  /// Throws SystemError (a full disk, say); the rows before it stay whole.
  void append(const Measurement& measurement);
  [[nodiscard]] const std::filesystem::path& file() const { return file_; }

 private:
  std::filesystem::path file_;
  int descriptor_ = -1;
};

}  // namespace arbiter
