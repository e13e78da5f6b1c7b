#pragma once

#include <filesystem>
#include <string>

#include "arbiter/csv.hpp"
#include "arbiter/error.hpp"
#include "comm/world.hpp"
#include "config/config.hpp"

namespace arbiter {

/// Collective over the world: the whole line from problems to artefacts. Every rank gets the same exit code: failed
/// if a cell failed verification or an artefact could not be made, although all the rest was done.
[[nodiscard]] ExitCode run_sweep(Config config, const PluginHost& plugins, World& world, bool terminal);

/// Where a run from CSVs starts.
struct DataRun {
  std::filesystem::path data_dir;
  std::string platform;  ///< "cpu", "sm90"; empty for the only one there
  CsvReadOptions csv;
};

/// The same from the CSVs of a folder: measures nothing and needs no ranks. Throws DataError.
[[nodiscard]] ExitCode run_from_data(const Config& config, const PluginHost& plugins, const DataRun& data);

}  // namespace arbiter
