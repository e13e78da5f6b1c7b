// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "arbiter/dataset.hpp"
#include "arbiter/export.hpp"
#include "arbiter/heuristic.hpp"
#include "arbiter/sink.hpp"

namespace arbiter {

/// How much slower a selector's choices are than the fastest measured ones: time(chosen) / time(best) - 1, over cells.
/// The figures are shares: 0.01 is 1 %.
struct Regret {
  std::int64_t cells = 0;       ///< cells with at least one usable row
  std::int64_t unmeasured = 0;  ///< of them, cells whose choice has no usable row; they are not in the figures below
  double mean = 0.0;
  double p95 = 0.0;
  double worst = 0.0;
  double within_one_percent = 0.0;  ///< share of cells, 0..1
};

/// The regret of a selector on the cells of a dataset. Thread-safe.
[[nodiscard]] ARBITER_EXPORT Regret regret_of(const Selector& selector, const Dataset& dataset);

/// "mean 0.31 %, p95 1.90 %, worst 7.42 %, within 1 % in 92 % of 105 cells": one line for people.
[[nodiscard]] ARBITER_EXPORT std::string to_string(const Regret& regret);

/// Where the choices come from.
enum class RegretSource : std::uint8_t {
  heuristic,  ///< a selector of the run
  compared,   ///< a table of another tool, from `compare:`
  reference,  ///< a simple rule: always one strategy, or the best single byte threshold
  measured,   ///< AUTO, by its own measured times
};

/// "heuristic", "compared", "reference", "measured".
[[nodiscard]] ARBITER_EXPORT std::string_view name_of(RegretSource source);

/// The regret of one selector over the cells of one tp size and fusion, or of several.
struct RegretRow {
  std::string selector;
  RegretSource source = RegretSource::heuristic;
  int tp_size = 0;           ///< 0: all
  std::string fusion;        ///< empty: all
  std::int64_t regions = 0;  ///< connected regions of grid cells with one choice; 0 for RegretSource::measured
  Regret grid;
  Regret holdout;  ///< no cells if nothing was held out
};

/// The regret of every selector of a report, in the order heuristics, compared, references, and AUTO if it was
/// measured. For each: over all cells, then per tp size over all fusions and per fusion. Empty without usable cells.
[[nodiscard]] ARBITER_EXPORT std::vector<RegretRow> regret_report(const Report& report);

/// The rows as CSV text, one line per selector, data ("grid", "holdout"), tp size and fusion ("all" for all of them).
/// Regrets are in percent, the share of cells within 1 % of the best is 0..1; empty if no choice was measured. The last
/// columns are the same in every line: the setting (op, graph, context), the runs that made the rows, the schema.
[[nodiscard]] ARBITER_EXPORT std::string regret_csv(const std::vector<RegretRow>& rows, const Report& report);

}  // namespace arbiter
