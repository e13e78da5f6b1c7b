#include <algorithm>
#include <charconv>
#include <map>
#include <set>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "arbiter/error.hpp"
#include "io/csv_reader.hpp"

namespace arbiter {

namespace fs = std::filesystem;

namespace {

bool is_platform(std::string_view text) {
  if (text == "cpu") return true;
  if (!text.starts_with("sm") || text.size() < 3) return false;
  text.remove_prefix(2);
  if (text.back() == 'a' || text.back() == 'f') text.remove_suffix(1);
  return !text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos;
}

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
Dataset read_files(const std::map<int, fs::path>& files, const CsvReadOptions& options, CsvContents& all) {
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

std::optional<CsvFileName> parse_csv_file_name(const std::string& name) {
  constexpr std::string_view prefix = "benchmark.tp";
  constexpr std::string_view suffix = ".csv";
  constexpr std::string_view holdout = ".holdout";
  if (!name.starts_with(prefix) || !name.ends_with(suffix) || name.size() < prefix.size() + suffix.size()) {
    return std::nullopt;
  }
  const std::string_view middle =
      std::string_view(name).substr(prefix.size(), name.size() - prefix.size() - suffix.size());
  CsvFileName result;
  const char* const end = middle.data() + middle.size();
  const auto [rest, error] = std::from_chars(middle.data(), end, result.tp_size);
  if (error != std::errc{} || result.tp_size < 1 || rest == end || *rest != '.' || middle.front() == '0') {
    return std::nullopt;
  }
  result.platform = std::string(rest + 1, end);
  if (result.platform.ends_with(holdout)) {
    result.holdout = true;
    result.platform.resize(result.platform.size() - holdout.size());
  }
  if (!is_platform(result.platform)) return std::nullopt;
  return result;
}

std::string holdout_file_stem(int tp_size, std::string_view platform) {
  return file_stem(tp_size, platform) + ".holdout";
}

CsvContents read_data_dir(const fs::path& dir, const std::string& platform, const CsvReadOptions& options) {
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
  CsvContents all;
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
