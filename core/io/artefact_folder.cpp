// SPDX-License-Identifier: Apache-2.0
#include "io/artefact_folder.hpp"

#include <algorithm>
#include <cstdint>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "arbiter/error.hpp"
#include "io/provenance.hpp"

namespace arbiter {

namespace fs = std::filesystem;

namespace {

using Json = nlohmann::ordered_json;

constexpr const char* format_name = "arbiter-artefacts";
constexpr std::int64_t schema = 1;

/// What a row says of its problem.
std::string text_of(const Measurement& row) {
  return fmt::format("{}, {}, {:.3f} {:.3f} {:.3f} {:.3f}, {}{}{}, {}", to_string(row.setting), row.strategy,
                     row.failed ? Measurement::none : row.time_us, row.ci_low_us, row.ci_high_us, row.lower_bound_us,
                     row.failed, row.suspect, row.holdout, row.run_id);
}

/// Measurements, at the top of the folder. Others of these names are pictures.
bool is_measurement(const fs::path& relative) {
  const std::string name = relative.string();
  return !relative.has_parent_path() &&
         (name.starts_with("benchmark.tp") || name.starts_with("machine_probe.tp") || name.starts_with("run."));
}

/// Whether a path of a manifest leads nowhere but into the folder.
bool is_below(const fs::path& relative) {
  return !relative.empty() && relative.is_relative() && std::ranges::find(relative, fs::path("..")) == relative.end();
}

/// A name that no file has.
fs::path free_name(const fs::path& dir) {
  std::string date = new_run_id();
  date.resize(date.rfind('-'));
  const fs::path wanted = dir / ("before." + date);
  fs::path name = wanted;
  for (int number = 2; fs::exists(name); ++number) name = wanted.string() + "-" + std::to_string(number);
  return name;
}

Json json_of(const ArtefactOrigin& origin) {
  return {{"runs", origin.runs}, {"data", origin.data}, {"config", origin.config}};
}

}  // namespace

std::string rows_hash(const Dataset& rows) {
  // All lines at once would need more memory than the rows: they are sorted problem by problem.
  const auto cells = rows.cells();
  std::vector<std::pair<std::string, const std::vector<const Measurement*>*>> problems;
  problems.reserve(cells.size());
  for (const auto& [problem, cell] : cells) problems.emplace_back(to_string(problem) + ", ", &cell);
  std::ranges::sort(problems);
  TextHash hash;
  std::vector<std::string> lines;
  for (const auto& [start, cell] : problems) {
    lines.clear();
    for (const Measurement* row : *cell) lines.push_back(text_of(*row));
    std::ranges::sort(lines);
    for (const std::string& line : lines) {
      hash.add(start);
      hash.add(line);
      hash.add("\n");
    }
  }
  return hash.text();
}

std::vector<std::string> run_ids(const Dataset& rows) {
  std::set<Name> ids;
  for (const Measurement& row : rows.rows()) {
    if (!row.run_id.empty()) ids.insert(row.run_id);
  }
  return {ids.begin(), ids.end()};
}

ArtefactFolder::ArtefactFolder(fs::path dir, ArtefactOrigin origin, std::string manifest)
    : dir_(std::move(dir)), origin_(std::move(origin)), manifest_(std::move(manifest)) {
  if (fs::is_regular_file(dir_ / manifest_)) take_over(read_file(dir_ / manifest_));
}

void ArtefactFolder::take_over(const std::string& text) {
  // A manifest that cannot be read lists nothing: its files are of no known origin.
  const Json json = Json::parse(text, nullptr, false);
  if (!json.is_object() || json.value("format", Json()) != format_name || json.value("schema", Json()) != schema) {
    move_aside(manifest_);
    return;
  }
  std::set<std::string> listed;
  for (const Json& file : json.value("files", Json::array())) {
    if (file.is_string() && is_below(file.get<std::string>())) listed.insert(file.get<std::string>());
  }
  if (json.value("origin", Json()) == json_of(origin_)) {
    files_ = std::move(listed);
    return;
  }
  for (const std::string& file : listed) {
    if (fs::is_regular_file(dir_ / file)) move_aside(file);
  }
  move_aside(manifest_);
}

void ArtefactFolder::move_aside(const fs::path& relative) {
  if (aside_.empty()) aside_ = free_name(dir_);
  const fs::path target = aside_ / relative;
  std::error_code error;
  fs::create_directories(target.parent_path(), error);
  if (!error) fs::rename(dir_ / relative, target, error);
  if (error) {
    throw SystemError(fmt::format("set {} aside as {}", (dir_ / relative).string(), target.string()), error.value());
  }
  if (relative != manifest_) ++moved_;
}

void ArtefactFolder::before_write(const fs::path& file, const std::function<bool()>& is_same) {
  const auto whole = [](const fs::path& path) { return fs::weakly_canonical(fs::absolute(path)); };
  const fs::path relative = whole(file).lexically_relative(whole(dir_));
  if (!is_below(relative) || is_measurement(relative) || relative == manifest_) return;
  const std::lock_guard lock(mutex_);
  const bool is_known = !files_.insert(relative.string()).second;
  if (!is_known && fs::is_regular_file(file) && !is_same()) move_aside(relative);
}

void ArtefactFolder::close() {
  if (files_.empty()) return;
  const Json json = {{"format", format_name}, {"schema", schema}, {"origin", json_of(origin_)}, {"files", files_}};
  write_file(dir_ / manifest_, json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n");
}

std::string ArtefactFolder::remark() const {
  if (moved_ == 0) return {};
  return fmt::format("{}: {} artefact{} of other data or of another configuration {} now in {}", dir_.string(), moved_,
                     moved_ == 1 ? "" : "s", moved_ == 1 ? "is" : "are", aside_.filename().string());
}

}  // namespace arbiter
