// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>

#include "arbiter/dataset.hpp"
#include "arbiter/parameters.hpp"

namespace arbiter {

/// The parameter `numerics` of a heuristic: the class of strategies to choose among.
inline constexpr ParameterSpec numerics_parameter{
    "numerics", ParameterType::text, "any", "any|fp32_rank_order|fp32|per_hop|library",
    "choose among strategies that add like this only (CSV column numerics); those of fp32_rank_order give equal bits"};

/// Its value; empty for "any".
[[nodiscard]] std::optional<Numerics> numerics_of(const Parameters& parameters);

/// What a heuristic may choose from.
struct Candidates {
  Dataset dataset;
  std::string fallback;  ///< where nothing was measured
  std::string note;      ///< for the report: a line about what was left out, after a line break; or empty
};

/// The rows of strategies that add as `numerics` says; all if it is empty. Failed rows that do not say how their
/// strategy adds stay, because they cannot be chosen.
///
/// The fallback is `fallback` if that is not empty, else the baseline_strategy(); if that adds differently or was not
/// measured, the strategy of the class that was measured for most problems.
///
/// Throws DataError, which names `heuristic`, if no usable row is left, and ConfigError if `fallback` was measured and
/// adds differently, and for AUTO.
[[nodiscard]] Candidates candidates_of(const Dataset& dataset, std::optional<Numerics> numerics,
                                       const std::string& fallback, const std::string& heuristic);

}  // namespace arbiter
