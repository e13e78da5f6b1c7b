// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "arbiter/decision_table.hpp"

namespace arbiter {

/// Whether a text has a table as TensorRT-LLM includes it: `AllReduceBestStrategyTableType <name> = {`.
[[nodiscard]] bool holds_cpp_tables(const std::string& text);

/// One [tp][fusion][hidden][tokens] table of numbers, of the name `table` or the first, as its consumer reads it: each
/// size rounded down to a power of two, the tp size too; the fusions that also write norm_out share the rows of those
/// that do not; NCCL where the table has no cell. Numbers are those of model/published_ids.hpp. The file is the sink's
/// own or the engine's header. Throws DataError: file:line (or axis): found, allowed.
[[nodiscard]] DecisionTable read_cpp_table(const std::string& file, const std::string& text, const std::string& table);

}  // namespace arbiter
