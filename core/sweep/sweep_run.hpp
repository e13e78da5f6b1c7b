// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>

#include "arbiter/error.hpp"
#include "comm/world.hpp"
#include "config/config.hpp"
#include "io/data_dir.hpp"
#include "sweep/run_hooks.hpp"

namespace arbiter {

/// Collective over the world. Plans, measures, decides, and writes the artefacts. `terminal_columns` is the
/// width of the terminal that standard output is; 0 if it is none. Every rank gets the same exit code: failed if a cell
/// failed or an artefact could not be made, although all the rest was done.
[[nodiscard]] ExitCode run_sweep(const Config& config, const PluginHost& plugins, World& world, int terminal_columns,
                                 const RunHooks& hooks);

/// The CSVs that a run without measurement reads.
struct DataRun {
  std::filesystem::path data_dir;
  std::string platform;  ///< "cpu", "sm90"; empty for the only one there
  DataDirOptions options;
};

/// Decides and writes the artefacts from the CSVs of a folder. What the configuration does not say of the strategies,
/// the records of the runs beside the CSVs do. Needs no ranks. Throws DataError.
[[nodiscard]] ExitCode run_from_data(Config config, const PluginHost& plugins, const DataRun& data);

}  // namespace arbiter
