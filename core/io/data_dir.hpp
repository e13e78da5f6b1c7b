// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "arbiter/csv.hpp"
#include "io/provenance.hpp"

namespace arbiter {

struct DataDirOptions {
  bool skip_bad_rows = false;  ///< as CsvReadOptions
  bool allow_mixed = false;    ///< join rows of runs that differ, and say so, instead of throwing
  bool only_curves = false;    ///< times over bytes are enough: a folder or a file without a cell is no error
};

/// The rows of a folder's CSVs.
struct DataDirContents : CsvContents {
  Dataset holdout;                 ///< the rows of the .holdout.csv files
  std::vector<Provenance> runs;    ///< that made the rows, as far as they have a record
  std::vector<std::string> mixed;  ///< what differs between the runs; one line for each
};

/// Reads every benchmark.tp<N>.<platform>.csv of a folder, ascending in N, as one dataset. An empty platform means
/// the only one there. Beside each there may be a benchmark.tp<N>.<platform>.holdout.csv of the same form. Files of any
/// other name whose contents are times over bytes (curve_file.hpp) become `curves`; those that Arbiter knows and does
/// not read are named in the warnings. Throws
/// DataError if there is no such file (unless curves are enough), if there are several platforms and none is named, for
/// a row whose world_size is not its file's N, and for rows of runs that differ in machine, versions or settings
/// (JoinedRuns), unless that is allowed.
[[nodiscard]] DataDirContents read_data_dir(const std::filesystem::path& dir, const std::string& platform,
                                            const DataDirOptions& options = {});

/// The rows of one CSV of any name, those of a holdout too, as a dataset; or the curves of one file, where they are
/// enough. Throws DataError and SystemError.
[[nodiscard]] DataDirContents read_data_file(const std::filesystem::path& file, const DataDirOptions& options = {});

/// Before a run writes into a folder: sets aside the CSVs of the run's platform whose rows may not be joined with the
/// run's, so that read_data_dir() never finds both. Returns a line for each: which file, its new name, why. Throws
/// SystemError.
[[nodiscard]] std::vector<std::string> set_aside_stale_csvs(const std::filesystem::path& dir, const Provenance& run);

}  // namespace arbiter
