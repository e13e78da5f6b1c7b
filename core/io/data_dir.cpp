// SPDX-License-Identifier: Apache-2.0
#include "io/data_dir.hpp"

#include <algorithm>
#include <map>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "arbiter/error.hpp"
#include "io/csv_files.hpp"
#include "io/csv_reader.hpp"

namespace arbiter {

namespace fs = std::filesystem;

namespace {

struct CsvFiles {
  std::map<int, fs::path> grid;  ///< by tp size
  std::map<int, fs::path> holdout;
};

/// By platform.
std::map<std::string, CsvFiles> measurement_files(const fs::path& dir) {
  std::map<std::string, CsvFiles> files;
  std::error_code error;
  fs::directory_iterator entries(dir, error);
  if (error) throw DataError(fmt::format("{}: cannot read the data folder: {}", dir.string(), error.message()));
  for (const fs::directory_entry& entry : entries) {
    const auto name = parse_csv_file_name(entry.path().filename().string());
    if (!name) continue;
    CsvFiles& of_platform = files[name->platform];
    (name->holdout ? of_platform.holdout : of_platform.grid)[name->tp_size] = entry.path();
  }
  std::erase_if(files, [](const auto& entry) { return entry.second.grid.empty(); });
  return files;
}

/// Reads files by tp size; what was skipped is counted in `all`.
Dataset read_files(const std::map<int, fs::path>& files, const CsvReadOptions& options, DataDirContents& all) {
  Dataset rows;
  for (const auto& [tp_size, file] : files) {
    CsvContents contents = read_csv_of_tp_size(file, tp_size, options);
    rows.append(contents.dataset);
    all.skipped_rows += contents.skipped_rows;
    std::ranges::move(contents.warnings, std::back_inserter(all.warnings));
  }
  return rows;
}

}  // namespace

DataDirContents read_data_dir(const fs::path& dir, const std::string& platform, const CsvReadOptions& options) {
  const auto files = measurement_files(dir);
  std::vector<std::string> platforms;
  platforms.reserve(files.size());
  for (const auto& [name, unused] : files) platforms.push_back(name);
  if (files.empty()) {
    throw DataError(fmt::format("{}: found no benchmark.tp<N>.<cpu|smV>.csv in the data folder", dir.string()));
  }
  if (platform.empty() && platforms.size() > 1) {
    throw DataError(fmt::format("{}: found files of several platforms ({}), allowed one, or name the one to use",
                                dir.string(), fmt::join(platforms, ", ")));
  }
  const auto chosen = platform.empty() ? files.begin() : files.find(platform);
  if (chosen == files.end()) {
    throw DataError(fmt::format("{}: found no benchmark.tp<N>.{}.csv; platforms there: {}", dir.string(), platform,
                                fmt::join(platforms, ", ")));
  }
  DataDirContents all;
  all.dataset = read_files(chosen->second.grid, options, all);
  all.holdout = Dataset(all.dataset.machine());
  const Dataset holdout = read_files(chosen->second.holdout, options, all);
  for (Measurement row : holdout.rows()) {
    row.holdout = true;
    all.holdout.add(std::move(row));
  }
  return all;
}

}  // namespace arbiter
