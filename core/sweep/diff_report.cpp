// SPDX-License-Identifier: Apache-2.0
#include "sweep/diff_report.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <map>
#include <set>
#include <tuple>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "arbiter/units.hpp"
#include "io/csv_fields.hpp"
#include "io/provenance.hpp"
#include "model/winner_change.hpp"

namespace arbiter {

namespace {

struct SizeBand {
  const char* name;
  std::int64_t most;  ///< bytes
};

constexpr std::int64_t kib = 1024;
constexpr std::array<SizeBand, 4> size_bands = {{{"to 64 KB", 64 * kib},
                                                 {"to 1 MB", kib* kib},
                                                 {"to 16 MB", 16 * kib* kib},
                                                 {"above 16 MB", std::numeric_limits<std::int64_t>::max()}}};

std::size_t band_of(std::int64_t bytes) {
  return static_cast<std::size_t>(
      std::ranges::find_if(size_bands, [&](const SizeBand& band) { return bytes <= band.most; }) - size_bands.begin());
}

std::string percent(double share) { return fmt::format("{:g} %", std::round(share * 1e8) / 1e6); }
std::string signed_percent(double share) { return fmt::format("{:+.1f} %", 100.0 * share); }

/// "12.1 -> 14 us (+15.7 %)".
std::string times_of(const PointChange& point) {
  const auto side = [](const Reading& reading) {
    return reading.failed    ? std::string("failed")
           : reading.suspect ? time_text_to_compare(reading.time_us) + " (suspect)"
                             : time_text_to_compare(reading.time_us);
  };
  if (std::isnan(point.share)) return fmt::format("{} -> {}", side(point.before), side(point.after));
  auto before = time_text_to_compare(point.before.time_us);
  const auto after = time_text_to_compare(point.after.time_us);
  const auto unit = before.find(' ');
  if (before.substr(unit) == after.substr(after.find(' '))) before.resize(unit);  // said once
  return fmt::format("{} -> {} ({})", before, after, signed_percent(point.share));
}

/// What changed within a field of the table.
struct Tally {
  int timed = 0;
  int cells = 0;
  int slower = 0;
  int faster = 0;
  double log_ratios = 0.0;

  void add(const PointChange& point) {
    ++cells;
    if (point.is_worse()) ++slower;
    if (point.change == Change::faster) ++faster;
    if (std::isnan(point.share)) return;
    ++timed;
    log_ratios += std::log1p(point.share);
  }
  [[nodiscard]] std::string text() const {
    if (cells == 0) return "";
    return fmt::format("{}, {}/{}", timed == 0 ? "-" : signed_percent(std::expm1(log_ratios / timed)), slower, faster);
  }
};

using TallyRow = std::array<Tally, size_bands.size() + 1>;  // the last one is over all sizes

void append_table(const std::map<std::pair<std::string, std::string>, TallyRow>& rows,
                  std::vector<std::string>& lines) {
  std::vector<std::vector<std::string>> table = {{"strategy", "fusion"}};
  for (const SizeBand& band : size_bands) table.front().emplace_back(band.name);
  table.front().emplace_back("all");
  for (const auto& [names, tallies] : rows) {
    auto& line = table.emplace_back(std::vector{names.first, names.second});
    for (const Tally& tally : tallies) line.push_back(tally.text());
  }
  std::vector<std::size_t> widths(table.front().size());
  for (const auto& line : table) {
    for (std::size_t i = 0; i < line.size(); ++i) widths[i] = std::max(widths[i], line[i].size());
  }
  for (const auto& line : table) {
    std::string text;
    for (std::size_t i = 0; i < line.size(); ++i) {
      text += i < 2 ? fmt::format("  {:<{}}", line[i], widths[i]) : fmt::format("  {:>{}}", line[i], widths[i]);
    }
    lines.push_back(text.substr(0, text.find_last_not_of(' ') + 1));
  }
}

/// At most ten points of a kind, the largest change first.
void append_points(const Comparison& comparison, Change change, std::vector<std::string>& lines) {
  constexpr std::size_t most = 10;
  std::vector<const PointChange*> points;
  for (const PointChange& point : comparison.points) {
    if (point.change == change) points.push_back(&point);
  }
  if (points.empty()) return;
  // Of equal factors up and down, neither is the larger one.
  std::ranges::stable_sort(points, std::greater{},
                           [](const PointChange* point) { return std::abs(std::log1p(point->share)); });
  lines.push_back(fmt::format("{} ({}):", name_of(change), points.size()));
  for (std::size_t i = 0; i < std::min(most, points.size()); ++i) {
    lines.push_back(fmt::format("  {}: {}", to_string(points[i]->key), times_of(*points[i])));
  }
  if (points.size() > most) lines.push_back(fmt::format("  and {} more", points.size() - most));
}

void append_one_sided(const std::vector<PointKey>& keys, const char* side, std::vector<std::string>& lines) {
  if (keys.empty()) return;
  struct Group {
    int points = 0;
    std::set<std::string> fusions;
  };
  std::map<std::string, Group> groups;
  for (const PointKey& key : keys) {
    Group& group = groups[fmt::format("{}, tp {}, {}", key.strategy, key.problem.tp_size, to_string(key.setting))];
    ++group.points;
    group.fusions.insert(key.problem.fusion);
  }
  lines.push_back(fmt::format("only {}, not compared ({}):", side, keys.size()));
  for (const auto& [name, group] : groups) {
    lines.push_back(fmt::format("  {}: {} ({})", name, group.points, fmt::join(group.fusions, ", ")));
  }
}

/// Tokens and hidden size are empty for a point on a curve over message sizes, as in the file it comes from.
std::string csv_start(const PointKey& key) {
  const Problem& p = key.problem;
  const auto field = [](std::int64_t size) { return size > 0 ? std::to_string(size) : std::string(); };
  return fmt::format("{},{},{},{},{},{},{},{},{},{},{},{}", p.tp_size, name_of(p.dtype), key.bytes, field(p.num_tokens),
                     field(p.hidden_size), csv_field(key.strategy), csv_field(p.fusion), csv_field(key.setting.op),
                     csv_field(key.setting.backend), key.setting.hosts, key.setting.graph,
                     name_of(key.setting.context));
}

std::string csv_times(const Reading& reading) {
  const auto field = [](double value) { return std::isnan(value) ? std::string() : fmt::format("{:.3f}", value); };
  return fmt::format("{},{},{}", field(reading.time_us), field(reading.ci_low_us), field(reading.ci_high_us));
}

std::string runs_text(const DiffSide& side) {
  std::vector<std::string> runs;
  for (const Provenance& run : side.contents.runs) {
    runs.push_back(fmt::format("run {} of {}, Arbiter {}", run.run_id, run.date, arbiter_of(run)));
  }
  return runs.empty() ? "no record of a run" : fmt::format("{}", fmt::join(runs, "; "));
}

}  // namespace

std::vector<std::string> provenance_lines(const DiffSide& before, const DiffSide& after) {
  std::vector<std::string> lines;
  for (const auto& [name, side] : {std::pair("before", &before), std::pair("after", &after)}) {
    lines.push_back(fmt::format("{}: {}: {} rows, {}", name, side->name,
                                side->contents.dataset.rows().size() + side->contents.holdout.rows().size(),
                                runs_text(*side)));
  }
  std::vector<std::string> differing;
  if (before.contents.runs.empty() || after.contents.runs.empty()) {
    lines.emplace_back("of a side without a record of its run, only what the machine files say is compared");
    differing = differences(before.contents.dataset.machine(), after.contents.dataset.machine());
  } else {
    const Provenance& first = before.contents.runs.front();
    const Provenance& second = after.contents.runs.front();
    differing = differences(first, second);
    if (first.config_hash != second.config_hash) {
      differing.push_back(fmt::format("configuration: {} {} / {} {}", first.config_source, first.config_hash,
                                      second.config_source, second.config_hash));
    }
  }
  for (const std::string& line : differing) lines.push_back("differs (before / after): " + line);
  if (differing.empty()) lines.emplace_back("no difference is known but of the times");
  return lines;
}

std::vector<std::string> change_table(const Comparison& comparison) {
  std::map<std::tuple<Setting, int, DType>, std::map<std::pair<std::string, std::string>, TallyRow>> tables;
  for (const PointChange& point : comparison.points) {
    const Problem& p = point.key.problem;
    TallyRow& row = tables[{point.key.setting, p.tp_size, p.dtype}][{point.key.strategy, p.fusion}];
    row.at(band_of(point.key.bytes)).add(point);
    row.back().add(point);
  }
  std::vector<std::string> lines = {fmt::format(
      "change of the time (geometric mean), then how many cells are slower/faster by more than {} and beyond both "
      "intervals, by message size; a strategy that newly fails counts as slower",
      percent(comparison.threshold))};
  for (const auto& [key, rows] : tables) {
    const auto& [setting, tp_size, dtype] = key;
    lines.push_back(fmt::format("{}; tp {}, {}", to_string(setting), tp_size, name_of(dtype)));
    append_table(rows, lines);
  }
  return lines;
}

std::vector<std::string> change_lines(const Comparison& comparison) {
  std::vector<std::string> lines;
  for (const Change change : {Change::now_fails, Change::slower, Change::faster, Change::now_suspect,
                              Change::now_usable, Change::never_usable}) {
    append_points(comparison, change, lines);
  }
  append_one_sided(comparison.only_before, "before", lines);
  append_one_sided(comparison.only_after, "after", lines);
  const auto lacking = std::ranges::count_if(
      comparison.points, [](const PointChange& point) { return !std::isnan(point.share) && point.lacks_interval(); });
  if (lacking > 0) {
    lines.push_back(fmt::format("{} cells have no interval on a side: what differs there by more than {} may be noise",
                                lacking, percent(comparison.threshold)));
  }
  return lines;
}

std::string winner_line(const Comparison& comparison) {
  const WinnerChanges winners = winner_changes(comparison);
  std::string line = fmt::format("the best strategy changed beyond noise in {} of {} problems", winners.changes.size(),
                                 winners.problems);
  if (winners.changes.empty()) return line;
  const WinnerChange& worst = winners.changes.front();
  return line + fmt::format("; most costly {}: now {}, {}", to_string(worst.key), worst.now,
                            std::isinf(worst.cost) ? fmt::format("{} is not usable", worst.key.strategy)
                                                   : fmt::format("{} takes {} more", worst.key.strategy,
                                                                 fmt::format("{:.1f} %", 100.0 * worst.cost)));
}

std::string verdict_line(const Comparison& comparison) {
  const auto count = [&](Change change) { return std::ranges::count(comparison.points, change, &PointChange::change); };
  const auto failing = count(Change::now_fails);
  const auto worse = count(Change::slower) + failing;
  std::string line =
      fmt::format("{} of {} cells slower by more than {}{}, {} faster", worse, comparison.points.size(),
                  percent(comparison.threshold), failing == 0 ? "" : fmt::format(" ({} newly failing)", failing),
                  count(Change::faster));
  if (const PointChange* worst = worst_of(comparison)) {
    line += fmt::format("; worst {}: {}", to_string(worst->key), times_of(*worst));
  }
  return line;
}

std::string diff_csv(const Comparison& comparison) {
  std::string text =
      "world_size,dtype,size,num_tokens,hidden_size,strategy,fusion,op,backend,hosts,graph,context,before (us),"
      "before ci_low (us),before ci_high (us),after (us),after ci_low (us),after ci_high (us),change_percent,verdict\n";
  for (const PointChange& point : comparison.points) {
    text += fmt::format("{},{},{},{},{}\n", csv_start(point.key), csv_times(point.before), csv_times(point.after),
                        std::isnan(point.share) ? std::string() : fmt::format("{:.2f}", 100.0 * point.share),
                        name_of(point.change));
  }
  for (const auto& [keys, verdict] :
       {std::pair(&comparison.only_before, "only before"), std::pair(&comparison.only_after, "only after")}) {
    for (const PointKey& key : *keys) text += fmt::format("{},,,,,,,,{}\n", csv_start(key), verdict);
  }
  return text;
}

}  // namespace arbiter
