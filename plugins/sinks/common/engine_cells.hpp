// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "common/engine_data.hpp"

namespace arbiter {

/// What a fit is for: a file, in which the engine's own values stay where others gain less than noise could, or the
/// reference that a file is judged by, which has the least mean regret.
enum class FitFor { file, reference };

/// A measured problem, as an engine's rule is judged by it. Times are microseconds.
struct EngineCell {
  Problem problem;
  std::vector<std::pair<std::string, double>> times;  ///< of each path that has one
  double best = 0.0;                                  ///< the fastest path that the engine's table can choose here
  double best_of_all = 0.0;                           ///< the fastest strategy that was measured, whoever runs it
  std::string winner;                                 ///< that strategy

  /// NaN for a path without one.
  [[nodiscard]] double time_of(const std::string& path) const;
};

/// Whether some value in the engine's table would make it take a path for a problem.
using CanChoose = std::function<bool(const Problem&, const std::string& path)>;

/// The cells of `rows` (of one setting, every strategy) in which a path that the table can choose has a time.
[[nodiscard]] std::vector<EngineCell> engine_cells(const Dataset& rows, const std::vector<EnginePath>& paths,
                                                   const CanChoose& can_choose);

/// What a rule costs over cells: time(chosen) / time(best) - 1.
struct RuleScore {
  std::int64_t cells = 0;
  std::int64_t unmeasured = 0;  ///< more cells, in which the chosen path has no time
  double mean = 0.0;            ///< over EngineCell::best
  double worst = 0.0;
  double mean_of_all = 0.0;  ///< over EngineCell::best_of_all
  double worst_of_all = 0.0;
};
[[nodiscard]] RuleScore score_of(const std::vector<EngineCell>& cells, const EngineRule& rule);

/// The engine's own table and the one that is written, over the cells in which both choose a path with a time.
struct Comparison {
  RuleScore shipped;
  RuleScore written;
  std::int64_t left_out = 0;  ///< cells in which one of them chooses a path without
};
[[nodiscard]] Comparison compare_rules(const std::vector<EngineCell>& cells, const EngineRule& shipped,
                                       const EngineRule& written);

/// Whether the engine's own table stays: another that was fitted gains less than noise could. That is up to 1 % in the
/// mean and up to 10 % in the worst cell; so a second measurement of the same machine does not change the file.
[[nodiscard]] bool keeps_shipped(const Comparison& fitted);

/// What the written table gains over the shipped one in the mean over EngineCell::best; never below 0. A share.
[[nodiscard]] double gain_of(const Comparison& comparison);

/// "shipped 8.02 (18.13), here 0.20 (2.10) over the best path of the table; shipped 60.00 (200.00), here 50.00 (180.00)
/// over the fastest strategy; 120 cells": regret in percent, the mean and the worst cell's.
[[nodiscard]] std::string to_string(const Comparison& comparison);

/// What a table is worth on problems that it was not fitted on: "held out (hidden 7168, 42 cells): shipped 7.10 (60.2),
/// here 0.30 (8.1), the best values for them 0.20 (3.0)", regret over EngineCell::best as above. `refitted` is the
/// reference, fitted to these cells; where one of the other two has a smaller mean there, that one is the best. Over
/// the cells in which all three choose a path with a time. Nothing if there is none.
[[nodiscard]] std::optional<std::string> held_out_text(const std::vector<EngineCell>& cells, const EngineRule& shipped,
                                                       const EngineRule& written, const EngineRule& refitted);

/// A line for each strategy that is the fastest somewhere the engine's table cannot choose it: in which share of cells,
/// and what the engine would gain there in the mean.
[[nodiscard]] std::vector<std::string> winners_beyond(const std::vector<EngineCell>& cells, const std::string& engine);

}  // namespace arbiter
