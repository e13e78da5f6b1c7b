#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "arbiter/export.hpp"
#include "arbiter/regret.hpp"
#include "arbiter/sink.hpp"

namespace arbiter {

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
