// SPDX-License-Identifier: Apache-2.0
#include "plan_text.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <tuple>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "arbiter/names.hpp"
#include "arbiter/units.hpp"

namespace arbiter {

namespace {

constexpr std::size_t width = 100;
constexpr std::size_t most_rows = 10;
constexpr std::size_t most_reasons = 4;
constexpr std::size_t reason_lines = 2;

/// Appends a text in lines of `width`, all but the first indented, at most `most` of them.
void append_wrapped(std::vector<std::string>& lines, const std::string& text, std::size_t indentation,
                    std::size_t most) {
  std::string rest = plain_text(text);
  for (std::size_t i = 0; i < most; ++i) {
    if (rest.size() <= width) {
      lines.push_back(rest);
      return;
    }
    if (i + 1 == most) break;
    const auto blank = rest.rfind(' ', width);
    const bool fits = blank != std::string::npos && blank > indentation;
    lines.push_back(rest.substr(0, fits ? blank : width));
    rest = std::string(indentation, ' ') + rest.substr(fits ? blank + 1 : width);
  }
  lines.push_back(plain_text(rest, width - 3));
}

std::string span_text(const std::set<std::int64_t>& values) {
  return values.size() == 1 ? fmt::format("{}", *values.begin())
                            : fmt::format("{} values {}..{}", values.size(), *values.begin(), *values.rbegin());
}

/// As the YAML gives them, not one by one: a grid has thousands.
std::string shapes_text(const char* name, const Plan& plan, bool holdout) {
  std::set<std::int64_t> hidden_sizes;
  std::set<std::int64_t> num_tokens;
  std::set<std::pair<std::int64_t, std::int64_t>> shapes;
  std::set<std::string> dtypes;
  for (const auto& [problem, strategies, seconds, held_out] : plan.problems) {
    if (held_out != holdout) continue;
    hidden_sizes.insert(problem.hidden_size);
    num_tokens.insert(problem.num_tokens);
    shapes.emplace(problem.hidden_size, problem.num_tokens);
    dtypes.emplace(name_of(problem.dtype));
  }
  if (shapes.empty()) return {};
  return fmt::format("  {}: {}; hidden_size {}, num_tokens {}, {}", name, shapes.size(), span_text(hidden_sizes),
                     span_text(num_tokens), fmt::join(dtypes, ", "));
}

std::string strategies_text(const Plan& plan) {
  std::vector<std::string> names;  // in the order of the YAML
  std::map<std::string, std::size_t> counts;
  for (const auto& planned : plan.problems) {
    for (const auto& strategy : planned.strategies) {
      if (++counts[strategy] == 1) names.push_back(strategy);
    }
  }
  std::string text;
  for (const auto& name : names) {
    const auto count = counts[name];
    text += (text.empty() ? "" : ", ") + name;
    if (count < plan.problems.size()) text += fmt::format(" ({} of {})", count, plan.problems.size());
  }
  return "  strategies: " + text;
}

/// A row of the table: a tp size and a fusion, or all of its fusions if there are too many.
struct Row {
  std::size_t grid = 0;
  std::size_t holdout = 0;
  std::size_t cells = 0;
  double seconds = 0.0;
};

void append_table(std::vector<std::string>& lines, const Plan& plan) {
  std::map<std::pair<int, std::string>, Row> rows;
  std::map<std::pair<int, std::string>, Row> by_tp;
  for (const auto& planned : plan.problems) {
    const auto& problem = planned.problem;
    for (auto* row : {&rows[{problem.tp_size, problem.fusion}], &by_tp[{problem.tp_size, "all fusions"}]}) {
      ++(planned.holdout ? row->holdout : row->grid);
      row->cells += planned.strategies.size();
      row->seconds += planned.estimated_seconds;
    }
  }
  if (rows.size() > most_rows) rows = std::move(by_tp);
  std::size_t longest = 6;
  for (const auto& [key, row] : rows) longest = std::max(longest, plain_text(key.second).size());
  lines.push_back(fmt::format("  {:>4}  {:<{}}  {:>8}  {:>7}  {:>7}  {}", "tp", "fusion", longest, "problems",
                              "holdout", "cells", "time"));
  for (const auto& [key, row] : rows) {
    append_wrapped(lines,
                   fmt::format("  {:>4}  {:<{}}  {:>8}  {:>7}  {:>7}  {}", key.first, plain_text(key.second), longest,
                               row.grid + row.holdout, row.holdout, row.cells, duration_text(row.seconds)),
                   0, 1);
  }
}

/// Reasons differ from problem to problem in numbers only.
std::string without_numbers(std::string reason) {
  std::erase_if(reason, [](char c) { return c >= '0' && c <= '9'; });
  return reason;
}

void append_skipped(std::vector<std::string>& lines, const Plan& plan) {
  struct Group {
    std::vector<std::string> strategies;
    std::size_t cells = 0;
    const SkippedCell* first = nullptr;
  };
  std::map<std::string, Group> groups;
  for (const auto& cell : plan.skipped) {
    auto& group = groups[without_numbers(cell.reason)];
    const auto name = cell.strategy == "*" ? std::string("every strategy") : cell.strategy;
    if (std::ranges::find(group.strategies, name) == group.strategies.end()) group.strategies.push_back(name);
    if (group.first == nullptr) group.first = &cell;
    ++group.cells;
  }
  std::vector<const Group*> largest;
  largest.reserve(groups.size());
  for (const auto& [reason, group] : groups) largest.push_back(&group);
  std::ranges::stable_sort(largest, std::ranges::greater{}, &Group::cells);
  for (std::size_t i = 0; i < std::min(largest.size(), most_reasons); ++i) {
    const auto& [strategies, cells, first] = *largest[i];
    const auto what = strategies.size() > 1 ? "cell" : "problem";
    const auto head =
        fmt::format("  skipped: {}, {} {}{}: ", fmt::join(strategies, ", "), cells, what, cells == 1 ? "" : "s");
    append_wrapped(lines, fmt::format("{}{} ({})", head, first->reason, to_string(first->problem)), 4, reason_lines);
  }
  if (largest.size() > most_reasons) {
    lines.push_back(fmt::format("  and for {} other reasons; those of one strategy alone: --set strategies=[NAME]",
                                largest.size() - most_reasons));
  }
}

void append_parts(std::vector<std::string>& lines, const std::vector<Part>& parts) {
  if (parts.size() < 2) return;
  append_wrapped(lines,
                 fmt::format("In {} parts, each by ranks of its own; what runs in an interpreter is asked there, "
                             "whether it supports a problem:",
                             parts.size()),
                 2, 2);
  for (const auto& part : parts) {
    append_wrapped(lines,
                   fmt::format("  {}. {}: {}", part.number, to_string(part),
                               part.measures ? fmt::format("{}", fmt::join(part.strategies, ", ")) : "the decision"),
                   5, 3);
  }
}

}  // namespace

std::vector<std::string> plan_lines(const Config& config, const Plan& plan, const std::string& gpus,
                                    const std::vector<Part>& parts, const std::vector<std::string>& missing) {
  std::vector<std::string> lines;
  const auto assumed = gpus.empty() ? "" : fmt::format(", assuming {}", gpus);
  append_wrapped(lines, fmt::format("Plan of {} on the {} backend{}", config.source, config.backend, assumed), 2, 3);
  append_wrapped(lines, fmt::format("  results: {}", config.output_dir.string()), 4, 2);
  if (!plan.problems.empty()) {
    for (const auto& shapes : {shapes_text("shapes", plan, false), shapes_text("holdout", plan, true)}) {
      if (!shapes.empty()) append_wrapped(lines, shapes, 4, 2);
    }
    append_wrapped(lines, strategies_text(plan), 4, 4);
    append_table(lines, plan);
  }
  append_skipped(lines, plan);
  append_parts(lines, parts);
  for (const auto& line : missing) append_wrapped(lines, "  missing on this machine for " + line, 4, 1);
  lines.push_back(fmt::format("{} problems, {} cells to measure, {} skipped; about {}", plan.problems.size(),
                              plan.cells(), plan.skipped.size(), duration_text(plan.estimated_seconds())));
  return lines;
}

}  // namespace arbiter
