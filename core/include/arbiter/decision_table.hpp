#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "arbiter/export.hpp"
#include "arbiter/problem.hpp"
#include "arbiter/tensor.hpp"

namespace arbiter {

/// How a problem that is no cell of a grid finds the cell that answers for it. Distances are of logarithms, of two
/// equally near values the smaller one; a cell without an answer is passed over for the nearest one that has one
/// (except by `exact` and `floor_log2`).
enum class LookUp : std::uint8_t {
  exact,         ///< it does not: the fallback
  nearest,       ///< the nearest hidden size, and there the nearest token count
  message_size,  ///< the nearest hidden size, and there the token count whose message is nearest in size
  floor_log2,    ///< 2^floor(log2) of either, as TensorRT-LLM does; the fallback where that is no cell
};

/// "nearest": as artefacts and YAML name it.
[[nodiscard]] ARBITER_EXPORT std::string_view name_of(LookUp look_up);

/// The decision for one (tp_size, dtype, fusion): a strategy for each cell of a grid.
struct DecisionGrid {
  static constexpr std::uint16_t no_answer = 0xFFFF;

  int tp_size = 0;
  DType dtype = DType::bfloat16;
  std::string fusion;
  std::vector<std::int64_t> hidden_sizes;  ///< ascending
  std::vector<std::int64_t> num_tokens;    ///< ascending
  std::vector<std::string> strategies;
  std::vector<std::uint16_t> cells;  ///< [hidden size][token count]: an index into `strategies`, or no_answer
};

/// The same by the size of the message: the first step whose `last_byte` is at least the message's bytes answers.
struct DecisionSteps {
  struct Step {
    std::int64_t last_byte = 0;  ///< inclusive; that of the last step is the largest number
    std::string strategy;
  };

  int tp_size = 0;
  DType dtype = DType::bfloat16;
  std::string fusion;
  std::vector<Step> steps;  ///< ascending
};

/// A selector as data: what can be written down, compiled into an engine, and read back. Of a problem's tp_size and
/// fusion the grid (or the steps) of its dtype answers; where there is none, of the dtype nearest in width.
struct ARBITER_EXPORT DecisionTable {
  LookUp look_up = LookUp::nearest;
  std::vector<DecisionGrid> grids;
  std::vector<DecisionSteps> steps;  ///< of (tp_size, fusion) pairs that have no grid
  std::string fallback;              ///< for all the rest; never empty

  /// Thread-safe.
  [[nodiscard]] const std::string& select(const Problem& problem) const;
};

/// What is inconsistent in a table, for a person; empty if nothing is: axes that do not ascend, a grid with another
/// number of cells than its axes say, an index beyond its strategies, steps that do not ascend, no fallback.
[[nodiscard]] ARBITER_EXPORT std::string fault_of(const DecisionTable& table);

/// What a decision.json says of itself under "format" and "version". The version is raised when a reader of the old one
/// would misread the new one; readers ignore keys that they do not know.
inline constexpr std::string_view decision_json_format = "arbiter-decision";
inline constexpr int decision_json_version = 1;

/// A table as the JSON object that decision.json has under each selector's "table":
///   {"look_up": "nearest", "fallback": "NCCL",
///    "grids": [{"tp_size": 2, "dtype": "bfloat16", "fusion": "NONE", "hidden_sizes": [...], "num_tokens": [...],
///               "strategies": ["ONESHOT", ...],
///               "cells": [[0, 1, null, ...], ...]}],       one row per hidden size; null: no answer
///    "steps": [{"tp_size": 2, "dtype": "bfloat16", "fusion": "NONE",
///               "steps": [[65536, "ONESHOT"], [null, "NCCL"]]}]}   last byte, inclusive; null: without end
/// Thread-safe, as all functions here.
[[nodiscard]] ARBITER_EXPORT std::string to_json(const DecisionTable& table);

/// The table of a selector in the text of a decision.json; of the first one if `selector` is empty. `file` is for
/// messages. Throws DataError: file, key (or line and column), found, allowed.
[[nodiscard]] ARBITER_EXPORT DecisionTable read_decision_json(const std::string& file, const std::string& text,
                                                              const std::string& selector);

}  // namespace arbiter
