// SPDX-License-Identifier: Apache-2.0
#include "io/data_dir.hpp"

#include <algorithm>
#include <map>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "arbiter/error.hpp"
#include "io/csv_files.hpp"
#include "io/csv_reader.hpp"
#include "io/curve_file.hpp"
#include "io/joined_runs.hpp"
#include "io/set_aside.hpp"

namespace arbiter {

namespace fs = std::filesystem;

namespace {

/// The files of a folder, by name.
std::vector<fs::path> files_in(const fs::path& dir) {
  std::error_code error;
  fs::directory_iterator entries(dir, error);
  if (error) throw DataError(fmt::format("{}: cannot read the data folder: {}", dir.string(), error.message()));
  std::vector<fs::path> files;
  for (const fs::directory_entry& entry : entries) {
    if (entry.is_regular_file(error)) files.push_back(entry.path());
  }
  std::ranges::sort(files);
  return files;
}

struct CsvFiles {
  std::map<int, fs::path> grid;  ///< by tp size
  std::map<int, fs::path> holdout;
};

/// By platform.
std::map<std::string, CsvFiles> measurement_files(const fs::path& dir) {
  std::map<std::string, CsvFiles> files;
  for (const fs::path& file : files_in(dir)) {
    const auto name = parse_csv_file_name(file.filename().string());
    if (!name) continue;
    CsvFiles& of_platform = files[name->platform];
    (name->holdout ? of_platform.holdout : of_platform.grid)[name->tp_size] = file;
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
    std::ranges::move(contents.curves, std::back_inserter(all.curves));
  }
  return rows;
}

/// Reads the files of other names whose contents Arbiter knows. Those of another collective, of a format that it does
/// not read, and cells whose file name does not say the platform become warnings.
void read_other_files(const fs::path& dir, const DataDirOptions& options, CsvContents& all) {
  for (const fs::path& file : files_in(dir)) {
    if (parse_csv_file_name(file.filename().string())) continue;
    const DataFormat format = data_format_of_file(file);
    if (format == DataFormat::none) continue;
    const bool is_read = format != DataFormat::cells && format != DataFormat::parquet;
    try {
      CurveContents contents = read_curve_file(file, options.skip_bad_rows);
      all.skipped_rows += contents.skipped_rows;
      std::ranges::move(contents.warnings, std::back_inserter(all.warnings));
      std::ranges::move(contents.curves, std::back_inserter(all.curves));
    } catch (const DataError& error) {
      if (is_read && !options.skip_bad_rows) throw;
      all.warnings.emplace_back(error.what());
    }
  }
}

/// "; all_reduce.txt has times over bytes, no cells": what a folder without cells has instead; may be empty.
std::string instead_of_cells(const fs::path& dir) {
  std::string names;
  for (const fs::path& file : files_in(dir)) {
    const DataFormat format = data_format_of_file(file);
    if (format == DataFormat::none) continue;
    const bool cells = format == DataFormat::cells;
    names +=
        fmt::format("; {} {}", file.filename().string(),
                    cells ? "has cells, but its name does not say the platform" : "has times over bytes, no cells");
  }
  return names;
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
  DataDirContents all;
  if (files.empty() && options.only_curves) read_other_files(dir, options, all);
  if (!all.curves.empty()) return all;
  if (files.empty()) {
    throw DataError(fmt::format("{}: found no benchmark.tp<N>.<cpu|smV>.csv in the data folder{}", dir.string(),
                                instead_of_cells(dir)));
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
  JoinedRuns runs;
  all.dataset = read_files(chosen->second.grid, options, runs, all);
  all.holdout = Dataset(all.dataset.machine());
  const Dataset holdout = read_files(chosen->second.holdout, options, runs, all);
  for (Measurement row : holdout.rows()) {
    row.holdout = true;
    all.holdout.add(std::move(row));
  }
  read_other_files(dir, options, all);
  if (all.dataset.empty() && !all.curves.empty() && !options.only_curves) {
    throw DataError(
        fmt::format("{}: found times over bytes only, allowed also rows with num_tokens and hidden_size: "
                    "nothing can be decided without a cell",
                    dir.string()));
  }
  note_runs(dir, runs, options, all);
  return all;
}

DataDirContents read_data_file(const fs::path& file, const DataDirOptions& options) {
  DataDirContents all;
  const DataFormat format = data_format_of_file(file);
  if (options.only_curves && format != DataFormat::cells && format != DataFormat::none) {
    CurveContents curves = read_curve_file(file, options.skip_bad_rows);
    all.curves = std::move(curves.curves);
    all.warnings = std::move(curves.warnings);
    all.skipped_rows = curves.skipped_rows;
    return all;
  }
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
