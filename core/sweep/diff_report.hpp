// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "io/data_dir.hpp"
#include "model/comparison.hpp"

namespace arbiter {

/// One of the two data that are compared.
struct DiffSide {
  std::string name;  ///< as the user gave it
  DataDirContents contents;
};

/// What differs between the sides besides times: a line for each key of the records of their runs, or of their machine
/// files where a side has no record. Says so if nothing does.
[[nodiscard]] std::vector<std::string> provenance_lines(const DiffSide& before, const DiffSide& after);

/// Per setting, tp size and dtype: a line per strategy and fusion, a column per band of message sizes.
[[nodiscard]] std::vector<std::string> change_table(const Comparison& comparison);

/// The points that changed, the largest changes first, and those that only one side has, by strategy.
[[nodiscard]] std::vector<std::string> change_lines(const Comparison& comparison);

/// "the best strategy changed beyond noise in 2 of 105 problems, most costly: ...".
[[nodiscard]] std::string winner_line(const Comparison& comparison);

/// "3 of 510 cells slower by more than 5 %, 7 faster; worst NCCL, ...: 12.1 -> 14 us (+15.7 %)".
[[nodiscard]] std::string verdict_line(const Comparison& comparison);

/// Every point of either side as CSV text.
[[nodiscard]] std::string diff_csv(const Comparison& comparison);

}  // namespace arbiter
