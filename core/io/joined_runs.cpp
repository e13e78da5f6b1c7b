// SPDX-License-Identifier: Apache-2.0
#include "io/joined_runs.hpp"

#include <algorithm>

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace arbiter {

void JoinedRuns::add(const std::filesystem::path& csv_file, const Dataset& rows) {
  const std::string file = csv_file.filename().string();
  const Measurement* last = nullptr;
  for (const Measurement& row : rows.rows()) {
    if (last != nullptr && last->run_id == row.run_id) continue;
    last = &row;
    auto run = std::ranges::find(runs_, row.run_id.text(), &Run::run_id);
    if (run == runs_.end()) {
      runs_.push_back({row.run_id, {}, read_provenance(csv_file.parent_path(), row.run_id)});
      run = std::prev(runs_.end());
    }
    if (std::ranges::find(run->files, file) != run->files.end()) continue;
    run->files.push_back(file);
    if (row.run_id.empty() && !rows.machine().facts.empty()) machines_.push_back({file, rows.machine()});
  }
}

std::vector<Provenance> JoinedRuns::known() const {
  std::vector<Provenance> known;
  for (const Run& run : runs_) {
    if (run.record) known.push_back(*run.record);
  }
  return known;
}

std::string JoinedRuns::name_of(const Run& run) {
  const std::string files = fmt::format("{}", fmt::join(run.files, ", "));
  if (run.record) return fmt::format("run {} of {} ({})", run.run_id, run.record->date, files);
  if (run.run_id.empty()) return fmt::format("rows without a run id ({})", files);
  return fmt::format("run {} without its {} ({})", run.run_id, provenance_file_name(run.run_id), files);
}

std::vector<std::string> JoinedRuns::conflicts() const {
  std::vector<std::string> lines;
  for (std::size_t i = 1; i < runs_.size(); ++i) {
    const Run& first = runs_.front();
    const Run& other = runs_[i];
    if (!first.record || !other.record) {
      lines.push_back(
          fmt::format("{} and {}: not known whether they are of one machine", name_of(first), name_of(other)));
    } else if (const auto differing = differences(*first.record, *other.record); !differing.empty()) {
      lines.push_back(
          fmt::format("{} and {} differ in {}", name_of(first), name_of(other), fmt::join(differing, "; ")));
    }
  }
  return lines;
}

std::vector<std::string> JoinedRuns::remarks() const {
  std::vector<std::string> lines;
  for (std::size_t i = 1; i < machines_.size(); ++i) {
    const auto differing = differences(machines_.front().machine, machines_[i].machine);
    if (differing.empty()) continue;
    lines.push_back(fmt::format("the machine files of {} and {} differ in {}", machines_.front().file,
                                machines_[i].file, fmt::join(differing, "; ")));
  }
  return lines;
}

std::string JoinedRuns::conflict_with(const Provenance& run) const {
  for (const Run& own : runs_) {
    if (!own.record) return fmt::format("{}: not known whether it is of this machine", name_of(own));
    const auto differing = differences(*own.record, run);
    if (!differing.empty()) return fmt::format("{} differs in {}", name_of(own), fmt::join(differing, "; "));
  }
  return {};
}

}  // namespace arbiter
