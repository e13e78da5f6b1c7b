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

/// How much slower a selector's choices are than the best measured: time(chosen) / time(best) - 1, over cells.
struct Regret {
  std::int64_t cells = 0;       ///< with at least one usable row
  std::int64_t unmeasured = 0;  ///< cells where the choice has no usable row; not in the figures below
  double mean = 0.0;
  double p95 = 0.0;
  double worst = 0.0;
  double within_one_percent = 0.0;  ///< share of cells, 0..1
};

[[nodiscard]] ARBITER_EXPORT Regret regret_of(const Selector& selector, const Dataset& dataset);

/// "mean 0.31 %, p95 1.90 %, worst 7.42 %, within 1 % in 92 % of 105 cells": one line for a person.
[[nodiscard]] ARBITER_EXPORT std::string to_string(const Regret& regret);

/// Who chose.
enum class RegretSource : std::uint8_t {
  heuristic,  ///< a selector of the run
  compared,   ///< a table of others
  reference,  ///< a rule anybody could follow: one strategy always, or the best single byte threshold
  measured,   ///< AUTO, by its own measured times, which were taken after the others'
};

/// The regret of one selector on the cells of one tp size and fusion, or of several.
struct RegretRow {
  std::string selector;
  RegretSource source = RegretSource::heuristic;
  int tp_size = 0;           ///< 0: all
  std::string fusion;        ///< empty: all
  std::int64_t regions = 0;  ///< patches of neighbouring grid cells with one choice; 0 for measured times
  Regret grid;
  Regret holdout;  ///< no cells where there is none
};

/// By selector (heuristics, compared, references, AUTO if it was measured); of each first over all, then per tp size
/// over all fusions and per fusion. Empty without usable cells.
[[nodiscard]] ARBITER_EXPORT std::vector<RegretRow> regret_report(const Report& report);

/// The rows as a CSV, one line per selector, data ("grid", "holdout"), tp size and fusion ("all" where it is all of
/// them). Regrets are in percent, the share of cells within 1 % of the best is 0..1; empty where no choice was
/// measured.
[[nodiscard]] ARBITER_EXPORT std::string regret_csv(const std::vector<RegretRow>& rows);

/// "heuristic", "compared", ...: as the CSV names it.
[[nodiscard]] ARBITER_EXPORT std::string_view name_of(RegretSource source);

}  // namespace arbiter
