// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>

#include "arbiter/csv.hpp"

namespace arbiter {

/// The rows of a folder's CSVs.
struct DataDirContents : CsvContents {
  Dataset holdout;  ///< the rows of the .holdout.csv files
};

/// Reads every benchmark.tp<N>.<platform>.csv of a folder, ascending in N, as one dataset. An empty platform means
/// the only one there. Beside each there may be a benchmark.tp<N>.<platform>.holdout.csv of the same form. Throws
/// DataError if there is no such file, if there are several platforms and none is named, and for a row whose world_size
/// is not its file's N.
[[nodiscard]] DataDirContents read_data_dir(const std::filesystem::path& dir, const std::string& platform,
                                            const CsvReadOptions& options = {});

}  // namespace arbiter
