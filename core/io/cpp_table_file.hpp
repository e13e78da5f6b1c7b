// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "arbiter/decision_table.hpp"

namespace arbiter {

/// Whether a text has a table as TensorRT-LLM includes it: `AllReduceBestStrategyTableType <name> = {`.
[[nodiscard]] bool holds_cpp_tables(const std::string& text);

/// What a table of numbers leaves to its reader.
struct CppTableReading {
  std::string table = {};     ///< the name of the table; empty: the only one, or the one of the platform
  std::string platform = {};  ///< "sm90", "cpu": which of several tables is meant
  /// The strategy of a number that is neither published nor explained in the file; may be empty.
  std::function<std::optional<std::string>(long id)> strategy_of_id = {};
};

/// The name of the table that is meant. Of several, the one whose name ends in the platform ("...SM90"), else the one
/// that TensorRT-LLM takes: SM90 below sm100, SM100 from there on. Throws DataError, which names the tables, where that
/// is none or not one.
[[nodiscard]] std::string find_cpp_table(const std::string& file, const std::string& text,
                                         const CppTableReading& reading);

/// One [tp][fusion][hidden][tokens] table of numbers as its consumer reads it: each size rounded down to a power of
/// two, the tp size too; the fusions that also write norm_out share the rows of those that do not; where the table has
/// no cell NCCL, or NCCL_SYMMETRIC if the file's own code says so. A table with sizes that are no powers of two is
/// Arbiter's (cpp_table with `axes: data`): the nearest cell answers, and tp sizes are exact. Numbers are those of
/// model/published_ids.hpp, those that the file explains ("// Strategy 100: RING"), and those that `reading` knows. The
/// file is a sink's or the engine's header. Throws DataError: file:line (or axis): found, allowed.
[[nodiscard]] DecisionTable read_cpp_table(const std::string& file, const std::string& text,
                                           const CppTableReading& reading = {});

}  // namespace arbiter
