// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "arbiter/byte_curve.hpp"
#include "arbiter/dataset.hpp"
#include "arbiter/export.hpp"
#include "arbiter/files.hpp"

namespace arbiter {

/// The CSV of measurements. Columns, in order:
///
///   world_size, dtype, size, num_tokens, hidden_size, strategy, fusion, op, time (us)
///                             the field's; `size` is the message in bytes, the time the median over samples
///   backend, hosts, graph, context
///                             with op the setting: only rows of one setting are compared (Setting)
///   numerics                  how the strategy adds (name_of(Numerics)); part of the strategy's row, not of the cell
///   status                    ok; failed: without a time; suspect: faster than the lower bound allows, never chosen
///   iterations_per_sample, tensor_sets, samples
///   min_of_means (us), p95_of_means (us)
///                             over samples, each of which is a mean over its iterations
///   ci_low (us), ci_high (us) the 95 % confidence interval of the time
///   error                     as a share of the allowed error
///   lower_bound (us)          the least any AllReduce can take there
///   run_id                    whose provenance is in run.<run_id>.json beside the file
///   schema                    the version of these columns, now 3
///
/// Times are rounded to nanoseconds. A field that was not recorded is empty. Names with commas, quotes, line ends or
/// blanks at an end are in quotes, so such a row may have several lines.
///
/// The functions here may be called from several threads, each on other files.

struct CsvReadOptions {
  bool skip_bad_rows = false;  ///< count malformed lines instead of throwing
};

struct CsvContents {
  Dataset dataset;
  std::int64_t skipped_rows = 0;      ///< malformed lines, with skip_bad_rows
  std::vector<std::string> warnings;  ///< one line per skipped row: file:line: column: found, allowed; then what else
                                      ///< people should know, as how many rows the writer did not measure
  std::vector<ByteCurve> curves;      ///< the rows without tokens and hidden size; never cells
};

/// Reads one file. Columns are found by their names in the header, in any order: files of other tools with only the
/// first eight (no op) or nine columns load too, and so do those of earlier Arbiter versions; without a context they
/// are back to back. Unknown columns are ignored. Both CSVs of TensorRT-LLM's all_reduce microbenchmark load:
/// fusion_op, size_bytes and time_us are other names of fusion, size and time, a time_us of 0.0 is a row that was not
/// measured, and enumerators, their numbers and torch dtypes are the names they mean. A row (or a file) without
/// num_tokens and hidden_size is a point of a byte curve. A last line without its end is read where its last field
/// cannot be the part of another. The platform comes from the file's name, the machine's facts from the machine file
/// beside it, if there is one. Throws DataError (file:line: column: found, allowed; also for a schema of a newer
/// Arbiter) and SystemError.
[[nodiscard]] ARBITER_EXPORT CsvContents read_csv(const std::filesystem::path& file,
                                                  const CsvReadOptions& options = {});

/// Writes rows as they are measured. Each row is one write of one whole line, so a killed process leaves whole lines
/// only. A file that exists is renamed to <file>.1 (or the next free number) or continued, as `earlier` says: no
/// measurement is lost. Not synchronised.
class ARBITER_EXPORT CsvWriter {
 public:
  /// Creates parent folders and writes the header. Throws SystemError.
  explicit CsvWriter(std::filesystem::path file, LineFile::Earlier earlier = LineFile::Earlier::is_set_aside);

  /// Throws SystemError (a full disk, say); earlier rows stay whole.
  void append(const Measurement& measurement);
  /// Many at a time, with a few large writes: for rows that are in another file too.
  void append(const std::vector<const Measurement*>& measurements);
  [[nodiscard]] const std::filesystem::path& file() const { return lines_.file(); }

 private:
  LineFile lines_;
};

/// "benchmark.tp4.sm90.holdout": the name, without extension, of the CSV of one tp size's holdout. See file_stem().
[[nodiscard]] ARBITER_EXPORT std::string holdout_file_stem(int tp_size, std::string_view platform);

/// Writes the machine file beside a CSV: benchmark.tp2.cpu.csv -> benchmark.tp2.cpu.machine.json, with {"platform":
/// ..., "facts": {...}}. An older file with other contents is renamed to <file>.1 (or the next free number). Throws
/// SystemError.
ARBITER_EXPORT void write_machine_file(const std::filesystem::path& csv_file, const Machine& machine);

}  // namespace arbiter
