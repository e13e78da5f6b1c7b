// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <string>
#include <utility>

#include <nlohmann/json.hpp>

#include "arbiter/files.hpp"
#include "arbiter/sink.hpp"

namespace arbiter {

/// Cells (a problem and a strategy) without a measurement, and the reason of each.
using MissingCells = std::map<std::pair<Problem, std::string>, std::string>;

/// The cells without a row: those of `skipped`, with their reasons, and the combinations of hidden_size, num_tokens and
/// strategy that the data lack within a (tp_size, dtype, fusion). Without AUTO, which measures decisions.
[[nodiscard]] MissingCells never_measured(const Dataset& dataset, const Dataset& holdout, const MissingCells& skipped);

/// Writes all of decision.json, part by part, as readable_json() would; json.cpp documents its keys.
void write_decision_document(const Report& report, const MissingCells& missing, const WritePart& write);

/// JSON that people read and line-based tools compare: a map has a line for each key; a list of plain values is one
/// line, unless it is a long one of strings; any other list has a line for each element. Ends with a newline. NaN is
/// null, invalid UTF-8 is replaced.
[[nodiscard]] std::string readable_json(const nlohmann::ordered_json& json);

}  // namespace arbiter
