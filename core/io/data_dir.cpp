// SPDX-License-Identifier: Apache-2.0
#include "io/data_dir.hpp"

#include <algorithm>
#include <map>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "arbiter/error.hpp"
#include "io/csv_files.hpp"
#include "io/csv_reader.hpp"
#include "io/joined_runs.hpp"
#include "io/set_aside.hpp"

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
  return files;
}

/// Reads files by tp size; what was skipped is counted in `all`.
Dataset read_files(const std::map<int, fs::path>& files, const DataDirOptions& options, JoinedRuns& runs,
                   DataDirContents& all) {
  Dataset rows;
  for (const auto& [tp_size, file] : files) {
    CsvContents contents = read_csv_of_tp_size(file, tp_size, {options.skip_bad_rows});
    runs.add(file, contents.dataset);
    rows.append(contents.dataset);
    all.skipped_rows += contents.skipped_rows;
    std::ranges::move(contents.warnings, std::back_inserter(all.warnings));
  }
  return rows;
}

/// Throws DataError if they may not be joined.
void note_runs(const fs::path& source, const JoinedRuns& runs, const DataDirOptions& options, DataDirContents& all) {
  all.mixed = runs.conflicts();
  if (!all.mixed.empty() && !options.allow_mixed) {
    throw DataError(fmt::format("{}: rows of runs that differ are not joined, unless --allow_mixed says so: {}",
                                source.string(), fmt::join(all.mixed, ". ")));
  }
  std::ranges::move(runs.remarks(), std::back_inserter(all.mixed));
  all.runs = runs.known();
}

/// Why the rows of a file may not be joined with those of a run; empty if they may.
std::string why_stale(const fs::path& file, const Provenance& run) {
  try {
    JoinedRuns runs;
    runs.add(file, read_csv(file, {.skip_bad_rows = true}).dataset);
    return runs.conflict_with(run);
  } catch (const DataError& error) {
    return error.what();
  }
}

}  // namespace

DataDirContents read_data_dir(const fs::path& dir, const std::string& platform, const DataDirOptions& options) {
  auto files = measurement_files(dir);
  std::erase_if(files, [](const auto& entry) { return entry.second.grid.empty(); });
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
  JoinedRuns runs;
  all.dataset = read_files(chosen->second.grid, options, runs, all);
  all.holdout = Dataset(all.dataset.machine());
  const Dataset holdout = read_files(chosen->second.holdout, options, runs, all);
  for (Measurement row : holdout.rows()) {
    row.holdout = true;
    all.holdout.add(std::move(row));
  }
  note_runs(dir, runs, options, all);
  return all;
}

DataDirContents read_data_file(const fs::path& file, const DataDirOptions& options) {
  DataDirContents all;
  JoinedRuns runs;
  all.dataset = read_files({{0, file}}, options, runs, all);
  all.holdout = Dataset(all.dataset.machine());
  note_runs(file, runs, options, all);
  return all;
}

std::vector<std::string> set_aside_stale_csvs(const fs::path& dir, const Provenance& run) {
  std::vector<std::string> lines;
  if (!fs::is_directory(dir)) return lines;
  const auto all = measurement_files(dir);
  const auto own = all.find(run.machine.platform);
  if (own == all.end()) return lines;
  for (const auto* files : {&own->second.grid, &own->second.holdout}) {
    for (const auto& [tp_size, file] : *files) {
      const std::string why = why_stale(file, run);
      if (why.empty()) continue;
      const auto old_file = set_aside(file);
      lines.push_back(fmt::format("{} is now {}, not to be joined with this run: {}", file.string(),
                                  old_file.filename().string(), why));
    }
  }
  return lines;
}

}  // namespace arbiter
