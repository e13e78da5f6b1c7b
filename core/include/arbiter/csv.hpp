#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "arbiter/dataset.hpp"
#include "arbiter/export.hpp"
#include "arbiter/files.hpp"

namespace arbiter {

/// Columns, in order: world_size, dtype, size, num_tokens, hidden_size, strategy, fusion, op, time (us), then
/// backend, graph, status, iterations_per_sample, samples, min (us), p95 (us), ci_low (us), ci_high (us), error, floor
/// (us). `size` is the message in bytes. `status` is "ok" or "failed"; a failed row has an empty time. Times are
/// rounded to nanoseconds. What was not recorded is an empty field.

struct CsvReadOptions {
  bool skip_bad_rows = false;  ///< count malformed lines instead of throwing
};

struct CsvContents {
  Dataset dataset;
  Dataset holdout;  ///< read_data_dir() only: the rows of the .holdout.csv files
  std::int64_t skipped_rows = 0;
  std::vector<std::string> warnings;  ///< one line per skipped row: file:line: column: found, allowed
};

/// Reads one file. Columns are found by their header names, so files of other tools with only the first eight
/// (no op) or nine columns load too, in any column order; columns it does not know are ignored, and fusion_op is
/// another name of fusion. The machine's platform comes from the file's name, its facts from the machine file beside
/// it, if there is one. Throws DataError (file:line: column: found, allowed) and SystemError.
[[nodiscard]] ARBITER_EXPORT CsvContents read_csv(const std::filesystem::path& file,
                                                  const CsvReadOptions& options = {});

/// Reads every benchmark.tp<N>.<platform>.csv of a folder, ascending in N, as one dataset. An empty platform means
/// the only one there. Throws DataError if there is no such file, or several platforms and none was named, or a row's
/// world_size is not its file's N. Beside each there may be a benchmark.tp<N>.<platform>.holdout.csv of the same form.
[[nodiscard]] ARBITER_EXPORT CsvContents read_data_dir(const std::filesystem::path& dir, const std::string& platform,
                                                       const CsvReadOptions& options = {});

/// Writes rows as they are measured: each is one write of one whole line, so that a killed process leaves whole
/// lines only. A file already there is first renamed to <file>.1 (or the next free number), unless it is continued:
/// nothing measured is lost.
class ARBITER_EXPORT CsvWriter {
 public:
  /// Creates parent folders and writes the header. Throws SystemError.
  explicit CsvWriter(std::filesystem::path file, LineFile::Earlier earlier = LineFile::Earlier::is_set_aside);

  /// Throws SystemError (a full disk, say); the rows before it stay whole.
  void append(const Measurement& measurement);
  [[nodiscard]] const std::filesystem::path& file() const { return lines_.file(); }

 private:
  LineFile lines_;
};

/// "benchmark.tp4.sm90.holdout": how the file of one tp size's holdout is called, without extension.
[[nodiscard]] ARBITER_EXPORT std::string holdout_file_stem(int tp_size, std::string_view platform);

/// The machine file of a CSV: benchmark.tp2.cpu.csv -> benchmark.tp2.cpu.machine.json.
[[nodiscard]] ARBITER_EXPORT std::filesystem::path machine_file_of(const std::filesystem::path& csv_file);

/// Writes {"platform": ..., "facts": {...}} beside a CSV; an older one is set aside unless it says the same. Throws
/// SystemError.
ARBITER_EXPORT void write_machine_file(const std::filesystem::path& csv_file, const Machine& machine);

}  // namespace arbiter
