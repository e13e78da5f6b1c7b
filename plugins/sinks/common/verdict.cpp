// SPDX-License-Identifier: Apache-2.0
#include "common/verdict.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "arbiter/names.hpp"
#include "common/library_gain.hpp"
#include "common/measured_precision.hpp"
#include "common/next_step.hpp"
#include "common/size_ranges.hpp"
#include "common/text_wrap.hpp"

namespace arbiter {

namespace {

/// A statement about some tp sizes: "tp 2, 4: ONESHOT at every size".
struct Statement {
  std::vector<std::string> tp_sizes;
  std::string text;
};

void add(std::vector<Statement>& statements, int tp_size, std::string text) {
  const auto same = std::ranges::find(statements, text, &Statement::text);
  if (same != statements.end()) {
    same->tp_sizes.push_back(std::to_string(tp_size));
  } else {
    statements.push_back({{std::to_string(tp_size)}, std::move(text)});
  }
}

std::string joined(const std::string& heading, const std::vector<Statement>& statements, const char* colon) {
  std::string text = heading;
  for (std::size_t i = 0; i < statements.size(); ++i) {
    text += fmt::format("{} tp {}{} {}", i == 0 ? "" : ";", fmt::join(statements[i].tp_sizes, ", "), colon,
                        statements[i].text);
  }
  return text;
}

/// A text in at most `most` lines; the last one says where it was cut.
std::vector<std::string> fitted(std::string_view text, std::size_t most) {
  std::vector<std::string> lines = wrapped(text, 2);
  const bool is_cut = lines.size() > most;
  if (is_cut) lines.resize(most);
  std::string& last = lines.back();
  while (last.size() > verdict_width - (is_cut ? 4 : 0) && last.rfind(' ') > 2 && last.rfind(' ') < last.size()) {
    last.resize(last.rfind(' '));
  }
  if (is_cut) last += " ...";
  return lines;
}

/// What is the fastest: for each tp size in all fusions together, then fusions in which that loses more than 2 %.
std::vector<std::string> fastest_lines(const Report& report) {
  constexpr double worth_naming = 0.02;
  std::vector<Statement> statements;
  std::string others;
  std::int64_t cells = 0;
  double near = 0.0;
  for (const int tp_size : report.dataset.tp_sizes()) {
    const Dataset of_tp = report.dataset.of_tp_size(tp_size);
    const SizeRanges all = size_ranges(of_tp);
    if (all.cells == 0) continue;
    cells += all.cells;
    near += all.within_one_percent * static_cast<double>(all.cells);
    add(statements, tp_size, to_string(all.ranges));
    for (const std::string& fusion : of_tp.fusions()) {
      const Dataset rows = of_tp.of_fusion(fusion);
      const SizeRanges own = size_ranges(rows);
      if (own.cells == 0 || mean_regret_of(all.ranges, rows) - own.mean_regret <= worth_naming) continue;
      others += fmt::format("; tp {} {}: {}", tp_size, plain_text(fusion, 40), to_string(own.ranges));
    }
  }
  if (cells == 0) return {};
  const std::string heading = fmt::format(
      "Fastest, or within 1 %, in {:.0f} % of {} cells:", std::floor(100.0 * near / static_cast<double>(cells)), cells);
  return fitted(joined(heading, statements, ":") + others, 2);
}

std::string gain_text(const Dataset& rows, const std::vector<std::string>& libraries) {
  const LibraryGain gain = library_gain(rows, libraries);
  return gain.cells == 0 ? std::string() : fmt::format("{:.2f}x", gain.mean);
}

/// "1.86x (with epilogue 2.34x)".
std::string gain_by_epilogue(const Dataset& of_tp, const std::vector<std::string>& libraries) {
  Dataset fused;
  for (const Measurement& row : of_tp.rows()) {
    if (row.problem.fusion != "NONE") fused.add(row);
  }
  std::string plain = gain_text(of_tp.of_fusion("NONE"), libraries);
  const std::string with_epilogue = gain_text(fused, libraries);
  if (with_epilogue.empty()) return plain;
  return plain.empty() ? with_epilogue : fmt::format("{} (with epilogue {})", plain, with_epilogue);
}

std::string gain_line(const Report& report) {
  const auto libraries = library_strategies(report.dataset);
  const LibraryGain all = library_gain(report.dataset, libraries);
  if (all.cells == 0) return "Gain: unknown, no library path was measured (NCCL, NCCL_SYMMETRIC; MPI on hosts)";
  std::vector<std::string> names;
  names.reserve(libraries.size());
  for (const std::string& name : libraries) names.push_back(plain_text(name, 24));
  if (all.most <= 1.0) return fitted(fmt::format("Gain: none, the best is {}", fmt::join(names, " or ")), 1).front();
  const std::string heading =
      fmt::format("Gain over {}{}:", names.size() > 1 ? "the better of " : "", fmt::join(names, " and "));
  std::string line;
  for (const auto& gain_of : {gain_by_epilogue, gain_text}) {  // the second one is shorter
    std::vector<Statement> statements;
    for (const int tp_size : report.dataset.tp_sizes()) {
      std::string text = gain_of(report.dataset.of_tp_size(tp_size), libraries);
      if (!text.empty()) add(statements, tp_size, std::move(text));
    }
    line = joined(heading, statements, "");
    if (line.size() <= verdict_width) break;
  }
  const std::string range = fmt::format("; cells {:.2f}x to {:.2f}x", all.least, all.most);
  if (line.size() + range.size() <= verdict_width) line += range;
  return fitted(line, 1).front();
}

/// It has no time on a tenth of the holdout.
bool is_untimed(const Regret& judged) { return 10 * judged.unmeasured > judged.cells; }

/// The heuristics over all tp sizes and fusions; the one to use, and the first, whose decision AUTO and the sinks take.
/// Null without one.
struct Judged {
  const RegretRow* best = nullptr;
  const RegretRow* first = nullptr;
};

/// The one with the lowest mean regret on the holdout, of those whose choices have a time in the most of its cells: a
/// mean over fewer cells leaves out the hard ones. Less than a tenth of a percent is no difference: another measurement
/// could turn it round. Then it is the first, or else the one with fewer regions, which noise flips less. Without a
/// holdout it is the first.
Judged judged_by(const std::vector<RegretRow>& rows) {
  constexpr double no_difference = 1e-3;
  Judged judged;
  std::vector<const RegretRow*> heuristics;
  for (const RegretRow& row : rows) {
    if (row.source == RegretSource::heuristic && row.tp_size == 0 && row.fusion.empty()) heuristics.push_back(&row);
  }
  if (heuristics.empty()) return judged;
  judged.first = judged.best = heuristics.front();
  const auto untimed = [](const RegretRow* row) { return row->holdout.unmeasured; };
  const auto mean = [](const RegretRow* row) { return row->holdout.mean; };
  const std::int64_t fewest = untimed(*std::ranges::min_element(heuristics, {}, untimed));
  std::erase_if(heuristics, [&](const RegretRow* row) { return untimed(row) > fewest || is_untimed(row->holdout); });
  if (judged.first->holdout.cells == 0 || heuristics.empty()) return judged;
  const double lowest = mean(*std::ranges::min_element(heuristics, {}, mean));
  std::erase_if(heuristics, [&](const RegretRow* row) { return mean(row) > lowest + no_difference; });
  if (heuristics.front() != judged.first) judged.best = *std::ranges::min_element(heuristics, {}, &RegretRow::regions);
  return judged;
}

struct Doubts {
  bool crowded = false;    ///< more ranks than cores
  bool imprecise = false;  ///< a quarter of the rows missed their precision
  bool unjudged = false;   ///< no holdout
  bool off_grid = false;   ///< the decision loses on the holdout
  bool untimed = false;    ///< it has no time on a tenth of it
};

Doubts doubts_of(const Report& report, const MeasuredPrecision& precision, const RegretRow* decision) {
  Doubts doubts;
  doubts.crowded = core_share(report).is_crowded();
  doubts.imprecise = 4 * (precision.missed + precision.unknown) > precision.rows;
  if (decision == nullptr) return doubts;
  const Regret& judged = decision->holdout;
  doubts.unjudged = judged.cells == judged.unmeasured;
  doubts.off_grid = !doubts.unjudged && judged.mean > 0.02;
  doubts.untimed = is_untimed(judged);
  return doubts;
}

/// ", lut 0.24 %" where the best is not the first.
std::string instead_of(const Judged& heuristics) {
  if (heuristics.best == heuristics.first) return {};
  const RegretRow& first = *heuristics.first;
  if (first.holdout.cells == first.holdout.unmeasured) return {};
  return fmt::format(", {} {:.2f} %", plain_text(first.selector, 24), 100.0 * first.holdout.mean);
}

std::string trust_text(const Report& report, const MeasuredPrecision& precision, const Judged& heuristics,
                       const Doubts& doubts) {
  const RegretRow* decision = heuristics.best;
  std::vector<std::string> parts;  // what weighs most first
  if (const CoreShare share = core_share(report); share.is_crowded()) {
    parts.push_back(fmt::format("{} ranks on {} cores", share.ranks, share.cores));
  }
  if (decision != nullptr) {
    const std::string name = plain_text(decision->selector, 24);
    const Regret& judged = decision->holdout;
    parts.push_back(doubts.unjudged ? fmt::format("no holdout judges {}", name)
                                    : fmt::format("{} loses {:.2f} % (worst {:.1f} %) on {} holdout cells{}", name,
                                                  100.0 * judged.mean, 100.0 * judged.worst,
                                                  judged.cells - judged.unmeasured, instead_of(heuristics)));
  }
  if (precision.missed + precision.unknown > 0) {
    parts.push_back(fmt::format("{} of {} rows missed +-{:g} %", precision.missed + precision.unknown, precision.rows,
                                precision.goal));
  }
  if (!std::isnan(precision.median)) parts.push_back(fmt::format("noise +-{:.1f} %", precision.median));
  const bool doubtful = doubts.imprecise || doubts.unjudged || doubts.off_grid || doubts.untimed;
  const char* heading = doubts.crowded ? "Trust little" : doubtful ? "Trust with care" : "Trust";
  return fmt::format("{}: {}", heading,
                     parts.empty() ? "nothing is known of the noise" : fmt::to_string(fmt::join(parts, "; ")));
}

std::string next_line(const Report& report, const Judged& heuristics, const Doubts& doubts) {
  const RegretRow* decision = heuristics.best;
  if (doubts.crowded) return "Next: measure again where every rank has a core; this decision is not for other machines";
  if (doubts.imprecise) return "Next: measure again with a larger measurement.time_target_ms, then use the files";
  if (doubts.off_grid || doubts.untimed) return "Next: measure a denser grid (problems), then use the files";
  if (decision == nullptr) return "Next: add a heuristic (lut), which makes a decision of these times";
  const std::string other = decision == heuristics.first ? std::string() : plain_text(decision->selector);
  const bool on_gpus = report.run.machine.platform.starts_with("sm");
  std::string step = "Next: " + next_step(report.run.output_dir, on_gpus, other);
  // A name that is cut is no name.
  if (step.size() > verdict_width) step = fitted(fmt::format("Next: list {} first under heuristics", other), 1).front();
  const std::string judge = ", after a run with problems.holdout, which judges it";
  return doubts.unjudged && step.size() + judge.size() <= verdict_width ? step + judge : step;
}

}  // namespace

std::vector<std::string> verdict(const Report& report, const std::vector<RegretRow>& rows) {
  constexpr std::size_t most_lines = 5;
  std::vector<std::string> lines = fastest_lines(report);
  if (lines.empty()) return {};
  lines.push_back(gain_line(report));
  const MeasuredPrecision precision = measured_precision(report);
  const Judged heuristics = judged_by(rows);
  const Doubts doubts = doubts_of(report, precision, heuristics.best);
  for (std::string& line : fitted(trust_text(report, precision, heuristics, doubts), most_lines - lines.size() - 1)) {
    lines.push_back(std::move(line));
  }
  lines.push_back(next_line(report, heuristics, doubts));
  return lines;
}

}  // namespace arbiter
