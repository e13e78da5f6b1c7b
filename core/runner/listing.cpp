// SPDX-License-Identifier: Apache-2.0
#include "listing.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <tuple>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "arbiter/units.hpp"
#include "sweep/log.hpp"

namespace arbiter {

namespace {

std::string full_name(const PluginEntry& entry) {
  return entry.backend.empty() ? entry.name : fmt::format("{} ({})", entry.name, entry.backend);
}

std::string text_of(const char* text) { return text == nullptr ? std::string{} : std::string{text}; }

/// Shapes as the YAML gives them, not cell by cell: a seed grid has thousands.
std::string shapes_text(const std::vector<const PlannedProblem*>& problems) {
  std::set<std::int64_t> hidden_sizes;
  std::set<std::int64_t> num_tokens;
  for (const auto* planned : problems) {
    hidden_sizes.insert(planned->problem.hidden_size);
    num_tokens.insert(planned->problem.num_tokens);
  }
  const auto span = [](const std::set<std::int64_t>& values) {
    return values.size() == 1 ? fmt::format("{}", *values.begin())
                              : fmt::format("{} values {}..{}", values.size(), *values.begin(), *values.rbegin());
  };
  return fmt::format("{} shapes: hidden_size {}, num_tokens {}", problems.size(), span(hidden_sizes), span(num_tokens));
}

std::string strategies_text(const std::vector<const PlannedProblem*>& problems) {
  std::map<std::string, std::size_t> counts;
  for (const auto* planned : problems) {
    for (const auto& strategy : planned->strategies) ++counts[strategy];
  }
  std::string text;
  for (const auto& [strategy, count] : counts) {
    if (!text.empty()) text += ", ";
    text += count == problems.size() ? strategy : fmt::format("{} ({} of them)", strategy, count);
  }
  return text;
}

void print_skipped(const Plan& plan) {
  std::map<std::pair<std::string, std::string>, std::vector<const SkippedCell*>> by_reason;
  for (const auto& cell : plan.skipped) by_reason[{cell.strategy, cell.reason}].push_back(&cell);
  for (const auto& [key, cells] : by_reason) {
    const auto& [strategy, reason] = key;
    log::say(fmt::format("  skipped: {}, {} problem{} (first: {}): {}", strategy == "*" ? "every strategy" : strategy,
                         cells.size(), cells.size() == 1 ? "" : "s", to_string(cells.front()->problem), reason));
  }
}

}  // namespace

void print_plugins(const PluginHost& plugins) {
  std::size_t width = 4;
  for (const auto& entry : plugins.entries()) width = std::max(width, full_name(entry).size());
  log::say(fmt::format("{:<10} {:<{}} {:<8} {}", "KIND", "NAME", width, "VERSION", "SUMMARY"));
  for (const auto kind :
       {PluginKind::backend, PluginKind::strategy, PluginKind::fusion, PluginKind::heuristic, PluginKind::sink}) {
    for (const auto& entry : plugins.entries()) {
      if (!entry.refused.empty() || entry.kind != kind) continue;
      log::say(
          fmt::format("{:<10} {:<{}} {:<8} {}", name_of(kind), full_name(entry), width, entry.version, entry.summary));
      log::say(fmt::format("{:<10} {}", "", entry.file.string()));
    }
  }
  for (const auto& entry : plugins.entries()) {
    if (!entry.refused.empty()) log::say(fmt::format("refused    {}: {}", entry.file.string(), entry.refused));
  }
}

void print_plugin(const PluginEntry& entry) {
  log::say(fmt::format("{} {}, version {}: {}", name_of(entry.kind), full_name(entry), entry.version, entry.summary));
  log::say(fmt::format("  {}", entry.file.string()));
  if (entry.table_id >= 0) log::say(fmt::format("  in look-up tables: {}", entry.table_id));
  if (entry.parameters.empty()) log::say("  no parameters");
  for (const auto& parameter : entry.parameters) {
    const std::string allowed = text_of(parameter.allowed);
    log::say(fmt::format("  {}: {}   # {}{}", parameter.name, text_of(parameter.default_value), name_of(parameter.type),
                         allowed.empty() ? "" : ", " + allowed));
    if (const auto help = text_of(parameter.help); !help.empty()) log::say(fmt::format("      {}", help));
  }
}

void print_plan(const Config& config, const Plan& plan) {
  log::say(fmt::format("Plan of {} on the {} backend, results in {}", config.source, config.backend,
                       config.output_dir.string()));
  std::map<std::tuple<int, bool, std::string>, std::vector<const PlannedProblem*>> groups;
  for (const auto& planned : plan.problems) {
    groups[{planned.problem.tp_size, planned.holdout, planned.problem.fusion}].push_back(&planned);
  }
  for (const auto& [key, problems] : groups) {
    const auto& [tp_size, holdout, fusion] = key;
    log::say(fmt::format("  tp {}, {}{}: {}; {}", tp_size, fusion, holdout ? ", holdout" : "", shapes_text(problems),
                         strategies_text(problems)));
  }
  print_skipped(plan);
  log::say(fmt::format("{} problems, {} cells to measure, {} skipped; about {}", plan.problems.size(), plan.cells(),
                       plan.skipped.size(), duration_text(plan.estimated_seconds())));
}

void print_parts(const std::vector<Part>& parts) {
  log::say(
      fmt::format("In {} parts, each by ranks of its own; what runs in an interpreter is asked there, whether it "
                  "supports a problem:",
                  parts.size()));
  for (const auto& part : parts) {
    log::say(fmt::format("  {}. {}: {}", part.number, to_string(part),
                         part.measures ? fmt::format("{}", fmt::join(part.strategies, ", ")) : "the decision"));
  }
}

}  // namespace arbiter
