// SPDX-License-Identifier: Apache-2.0
#include "common/candidates.hpp"

#include <algorithm>
#include <map>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "arbiter/error.hpp"
#include "arbiter/heuristic.hpp"
#include "common/table_selector.hpp"

namespace arbiter {

namespace {

bool is_candidate(const Measurement& row) { return row.usable() && row.strategy != "AUTO"; }

/// "library (12 rows), not stated (3 rows)": how the strategies of usable rows add.
std::string found_text(const Dataset& dataset) {
  std::map<Numerics, std::size_t> rows;
  for (const Measurement& row : dataset.rows()) {
    if (is_candidate(row)) ++rows[row.numerics];
  }
  std::vector<std::string> found;
  found.reserve(rows.size());
  for (const auto& [numerics, count] : rows) {
    found.push_back(
        fmt::format("{} ({} rows)", numerics == Numerics::unknown ? "not stated" : name_of(numerics), count));
  }
  return found.empty() ? "no usable row" : fmt::format("{}", fmt::join(found, ", "));
}

/// The strategies with usable rows, in order of appearance.
std::vector<std::string> usable_strategies(const Dataset& dataset) {
  std::vector<std::string> names;
  for (const Measurement& row : dataset.rows()) {
    if (is_candidate(row) && std::ranges::find(names, row.strategy) == names.end()) names.push_back(row.strategy);
  }
  return names;
}

bool contains(const std::vector<std::string>& names, const std::string& name) {
  return std::ranges::find(names, name) != names.end();
}

/// The strategy with the most usable rows, the first on a tie.
std::string most_measured(const Dataset& dataset, const std::vector<std::string>& strategies) {
  return *std::ranges::max_element(strategies, {}, [&](const std::string& name) {
    return std::ranges::count_if(dataset.rows(),
                                 [&](const Measurement& row) { return is_candidate(row) && row.strategy == name; });
  });
}

}  // namespace

std::optional<Numerics> numerics_of(const Parameters& parameters) {
  const std::string& text = parameters.text(numerics_parameter.name);
  return text == "any" ? std::nullopt : parse_numerics(text);
}

Candidates candidates_of(const Dataset& dataset, std::optional<Numerics> numerics, const std::string& fallback,
                         const std::string& heuristic) {
  Candidates candidates{dataset, fallback_strategy(fallback, dataset), {}};
  if (!numerics) return candidates;
  candidates.dataset = dataset.filtered([&](const Measurement& row) {
    const bool is_unnamed_failure = row.failed && row.numerics == Numerics::unknown;
    return row.numerics == *numerics || is_unnamed_failure;
  });
  const std::vector<std::string> kept = usable_strategies(candidates.dataset);
  if (kept.empty()) {
    throw DataError(fmt::format("{}: numerics: {} leaves no measurement to decide from; found: {}", heuristic,
                                name_of(*numerics), found_text(dataset)));
  }
  std::vector<std::string> left_out = usable_strategies(dataset);
  std::erase_if(left_out, [&](const std::string& name) { return contains(kept, name); });
  if (contains(left_out, fallback)) {
    throw ConfigError(fmt::format("{}: fallback: found {}, which does not add as numerics: {} says; allowed: {}",
                                  heuristic, fallback, name_of(*numerics), fmt::join(kept, ", ")));
  }
  if (fallback.empty() && !contains(kept, candidates.fallback)) {
    candidates.fallback = most_measured(candidates.dataset, kept);
  }
  candidates.note =
      fmt::format("\n  numerics {}: chosen among {}; left out: {}", name_of(*numerics), fmt::join(kept, ", "),
                  left_out.empty() ? "none" : fmt::format("{}", fmt::join(left_out, ", ")));
  return candidates;
}

}  // namespace arbiter
