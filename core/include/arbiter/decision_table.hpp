#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "arbiter/dtype.hpp"
#include "arbiter/export.hpp"
#include "arbiter/problem.hpp"

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

}  // namespace arbiter
