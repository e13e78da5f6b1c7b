// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <string>

#include "arbiter/dataset.hpp"
#include "arbiter/error.hpp"
#include "io/data_dir.hpp"

namespace arbiter {

/// A comparison of two measurements. A side is a folder of CSVs or one CSV.
struct DiffRun {
  std::filesystem::path before;
  std::filesystem::path after;
  std::string platform;  ///< of folders: "cpu", "sm90"; empty for the only one there
  DataDirOptions options;
  double threshold = 0.05;        ///< a share
  std::optional<double> fail_on;  ///< likewise: the run fails if a cell is slower by more, or newly fails
  std::filesystem::path output_dir;
  /// Draws the changes below a folder. May throw Error.
  std::function<void(const Dataset& before, const Dataset& after, const std::filesystem::path& folder)> draw;
};

/// Reads a percentage of the command line's form, "5%", "0.5 %" or "5", as a share. `option` names it in the error.
/// Throws ConfigError.
[[nodiscard]] double parse_percent(const std::string& option, const std::string& text);

/// Prints what changed, and writes it: diff.txt, diff.csv, pictures. ExitCode::failed if `fail_on` says so or if a
/// picture could not be drawn. Throws ConfigError for a side that is not there, DataError for one that cannot be read
/// and for sides without a common cell.
[[nodiscard]] ExitCode run_diff(const DiffRun& run);

}  // namespace arbiter
