// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "arbiter/export.hpp"
#include "arbiter/problem.hpp"
#include "arbiter/tensor.hpp"

namespace arbiter {

/// How a problem that is not a cell of a grid finds the cell that answers for it. Distances are between logarithms; of
/// two equally near values the smaller one is taken. `nearest` and `message_size` pass over a cell without an answer
/// to the next nearest one.
enum class LookUp : std::uint8_t {
  exact,         ///< only exact cells answer; the fallback elsewhere
  nearest,       ///< the nearest hidden size, and there the nearest number of tokens
  message_size,  ///< the nearest hidden size, and there the number of tokens whose message is nearest in bytes
  floor_log2,    ///< 2^floor(log2) of both, as in TensorRT-LLM; the fallback where that is not a cell
};

/// The decision for one (tp_size, dtype, fusion): a strategy for each cell of a grid.
struct DecisionGrid {
  static constexpr std::uint16_t no_answer = 0xFFFF;

  int tp_size = 0;
  DType dtype = DType::bfloat16;
  std::string fusion;
  std::vector<std::int64_t> hidden_sizes;  ///< ascending
  std::vector<std::int64_t> num_tokens;    ///< ascending
  std::vector<std::string> strategies;     ///< fewer than no_answer
  std::vector<std::uint16_t> cells;  ///< [hidden size][number of tokens]: an index into `strategies`, or no_answer
};

/// The decision for one (tp_size, dtype, fusion) by the size of the message: the first step whose `last_byte` is at
/// least the message's bytes answers.
struct DecisionSteps {
  struct Step {
    std::int64_t last_byte = 0;  ///< inclusive; the last step answers for all larger messages too
    std::string strategy;
  };

  int tp_size = 0;
  DType dtype = DType::bfloat16;
  std::string fusion;
  std::vector<Step> steps;  ///< ascending, at least one
};

/// A selector as data, which can be written to a file, compiled into an engine, and read back. A problem is answered by
/// the grid (or the steps) of its tp_size, fusion and dtype; if that dtype has none, by those of the dtype nearest in
/// width. A value; select() is thread-safe.
struct ARBITER_EXPORT DecisionTable {
  LookUp look_up = LookUp::nearest;
  std::vector<DecisionGrid> grids;
  std::vector<DecisionSteps> steps;  ///< only for (tp_size, fusion) pairs that have no grid
  std::string fallback;              ///< answers for all other problems; never empty

  /// The strategy for a problem; never empty in a table without a fault. The reference lives as long as the table.
  [[nodiscard]] const std::string& select(const Problem& problem) const;
};

/// The first inconsistency of a table, for people; empty if there is none: axes or steps that do not ascend, a grid
/// whose number of cells does not match its axes, an index beyond `strategies`, no steps, no fallback. Heuristic::fit()
/// refuses a table with a fault.
[[nodiscard]] ARBITER_EXPORT std::string fault_of(const DecisionTable& table);

/// "exact", "nearest", "message_size", "floor_log2": the names in files and in the YAML.
[[nodiscard]] ARBITER_EXPORT std::string_view name_of(LookUp look_up);

/// The values of "format" and "version" in a decision.json. The version is raised when a reader of the old version
/// would misread a file of the new one; readers ignore keys that they do not know.
inline constexpr std::string_view decision_json_format = "arbiter-decision";
inline constexpr int decision_json_version = 1;

/// A table as a JSON object, which decision.json has under each selector's "table":
///   {"look_up": "nearest", "fallback": "NCCL",
///    "grids": [{"tp_size": 2, "dtype": "bfloat16", "fusion": "NONE", "hidden_sizes": [...], "num_tokens": [...],
///               "strategies": ["ONESHOT", ...],
///               "cells": [[0, 1, null, ...], ...]}],       one row per hidden size; null: no answer
///    "steps": [{"tp_size": 2, "dtype": "bfloat16", "fusion": "NONE",
///               "steps": [[65536, "ONESHOT"], [null, "NCCL"]]}]}   last byte, inclusive; null: no end
/// Thread-safe.
[[nodiscard]] ARBITER_EXPORT std::string to_json(const DecisionTable& table);

/// Reads the table of a selector from the text of a decision.json; that of the first selector if `selector` is empty.
/// `file` is the name in messages. Thread-safe. Throws DataError: file, key (or line and column), found, allowed.
[[nodiscard]] ARBITER_EXPORT DecisionTable read_decision_json(const std::string& file, const std::string& text,
                                                              const std::string& selector);

}  // namespace arbiter
