// SPDX-License-Identifier: Apache-2.0
#include "sweep/diff_run.hpp"

#include <algorithm>
#include <charconv>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "arbiter/files.hpp"
#include "io/artefact_folder.hpp"
#include "io/provenance.hpp"
#include "model/comparison.hpp"
#include "sdk/text_hash.hpp"
#include "sweep/diff_report.hpp"
#include "sweep/log.hpp"

namespace arbiter {

namespace fs = std::filesystem;

namespace {

DiffSide read_side(const fs::path& path, const DiffRun& run) {
  const bool is_folder = fs::is_directory(path);
  if (!is_folder && !fs::is_regular_file(path)) {
    throw ConfigError(
        fmt::format("--diff: found {}, which is not there; allowed: a folder of CSVs, a CSV, or a file of another tool "
                    "with times over bytes",
                    path.string()));
  }
  DataDirOptions options = run.options;
  options.only_curves = true;
  DiffSide side{path.string(), is_folder ? read_data_dir(path, run.platform, options) : read_data_file(path, options)};
  for (const auto& warning : side.contents.warnings) log::warn(warning);
  for (const auto& line : side.contents.mixed) log::warn(line);
  if (side.contents.skipped_rows > 0) {
    log::warn(fmt::format("{}: {} malformed rows were skipped", side.name, side.contents.skipped_rows));
  }
  for (const auto& curve : side.contents.curves) {
    const bool compared = parse_message_dtype(curve.dtype).has_value();
    log::say(fmt::format("{}: times over bytes: {}{}", side.name, to_string(curve),
                         compared ? "" : "; not compared: no dtype of messages"));
  }
  return side;
}

Dataset all_rows(const DiffSide& side) {
  Dataset rows = side.contents.dataset;
  rows.append(side.contents.holdout);
  return rows;
}

/// All that a side says of times.
Readings all_readings(const DiffSide& side) {
  Readings readings = readings_of(all_rows(side));
  readings.merge(readings_of(side.contents.curves));
  return readings;
}

/// "cuda, allreduce, graph, context engine (tp 2, 4)": what a side has, for a comparison of nothing.
std::string coverage(const DiffSide& side) {
  const Dataset rows = all_rows(side);
  std::vector<std::string> parts;
  for (const Setting& setting : rows.settings()) {
    parts.push_back(
        fmt::format("{} (tp {})", to_string(setting), fmt::join(rows.of_setting(setting).tp_sizes(), ", ")));
  }
  for (const auto& curve : side.contents.curves) parts.push_back("times over bytes: " + to_string(curve));
  return parts.empty() ? "no rows" : fmt::format("{}", fmt::join(parts, "; "));
}

/// The bytes of the files of other tools count too: they have no run.
ArtefactOrigin origin_of(const DiffSide& before, const DiffSide& after, const DiffRun& run) {
  Dataset both = all_rows(before);
  std::string hash = rows_hash(both);
  const Dataset rows_after = all_rows(after);
  both.append(rows_after);
  hash += rows_hash(rows_after);
  std::string times;
  for (const DiffSide* side : {&before, &after}) {
    for (const auto& [key, reading] : readings_of(side->contents.curves)) {
      times += fmt::format("{} {}\n", to_string(key), reading.time_us);
    }
    times += '\n';
  }
  if (times.size() > 2) hash += text_hash(times);
  return {run_ids(both), std::move(hash), fmt::format("threshold {:g}", run.threshold)};
}

/// Writes what was found. False if pictures failed.
bool write_artefacts(const DiffRun& run, const DiffSide& before, const DiffSide& after, ArtefactOrigin origin,
                     const std::vector<std::string>& lines, const Comparison& comparison) {
  bool drawn = true;
  ArtefactFolder folder(run.output_dir, std::move(origin), "diff.artefacts.json");
  write_file(run.output_dir / "diff.txt", fmt::format("{}\n", fmt::join(lines, "\n")));
  write_file(run.output_dir / "diff.csv", diff_csv(comparison));
  log::say(fmt::format("{}/diff.txt, diff.csv: what changed, and every cell", run.output_dir.string()));
  try {
    const bool any_cell = !before.contents.dataset.empty() && !after.contents.dataset.empty();
    if (run.draw && any_cell) run.draw(before.contents.dataset, after.contents.dataset, run.output_dir / "viz");
  } catch (const Error& error) {
    log::error(error.what());
    drawn = false;
  }
  folder.close();
  if (const auto remark = folder.remark(); !remark.empty()) log::warn(remark);
  return drawn;
}

/// Whether the cells pass.
bool judge_by(double fail_on, const Comparison& comparison) {
  const Comparison judged = judged_by(comparison, fail_on);
  const auto worse = std::ranges::count_if(judged.points, &PointChange::is_worse);
  if (worse > 0) log::error(fmt::format("--fail-on: {}", verdict_line(judged)));
  return worse == 0;
}

}  // namespace

double parse_percent(const std::string& option, const std::string& text) {
  std::string_view number = text;
  if (number.ends_with('%')) number.remove_suffix(1);
  while (number.ends_with(' ')) number.remove_suffix(1);
  double value = 0.0;
  const char* const end = number.data() + number.size();
  const auto [rest, error] = std::from_chars(number.data(), end, value);
  if (number.empty() || error != std::errc{} || rest != end || !(value >= 0.0 && value <= 1000.0)) {
    throw ConfigError(fmt::format("{}: found '{}'; allowed: a percentage from 0% to 1000%, as in 5%", option, text));
  }
  return value / 100.0;
}

ExitCode run_diff(const DiffRun& run) {
  const DiffSide before = read_side(run.before, run);
  const DiffSide after = read_side(run.after, run);
  const Comparison comparison = compare(all_readings(before), all_readings(after), run.threshold);
  if (comparison.points.empty()) {
    throw DataError(fmt::format("--diff: no cell is on both sides. {} has {}. {} has {}", before.name, coverage(before),
                                after.name, coverage(after)));
  }
  std::vector<std::string> lines = provenance_lines(before, after);
  std::ranges::move(change_table(comparison), std::back_inserter(lines));
  std::ranges::move(change_lines(comparison), std::back_inserter(lines));
  lines.push_back(winner_line(comparison));
  for (const auto& line : lines) log::say(line);
  lines.push_back(verdict_line(comparison));
  const bool drawn = write_artefacts(run, before, after, origin_of(before, after, run), lines, comparison);
  log::say(lines.back());
  const bool passes = !run.fail_on || judge_by(*run.fail_on, comparison);
  return drawn && passes ? ExitCode::done : ExitCode::failed;
}

}  // namespace arbiter
