// SPDX-License-Identifier: Apache-2.0
#include "arbiter/decision_table.hpp"

#include <algorithm>
#include <bit>
#include <cstdlib>
#include <functional>
#include <iterator>
#include <limits>
#include <tuple>

#include <fmt/format.h>

namespace arbiter {

namespace {

/// Dtypes of one width perform alike: the width decides first, then the order of the enumeration.
auto dtype_distance(DType a, DType b) {
  return std::tuple(a != b, std::abs(size_of(a) - size_of(b)), std::abs(static_cast<int>(a) - static_cast<int>(b)));
}

/// The grid or the steps of a problem; null if its tp size and fusion have none.
template <class Part>
const Part* part_of(const std::vector<Part>& parts, const Problem& problem) {
  const Part* found = nullptr;
  for (const Part& part : parts) {
    if (part.tp_size != problem.tp_size || part.fusion != problem.fusion) continue;
    if (part.dtype == problem.dtype) return &part;
    const bool nearer =
        found == nullptr || dtype_distance(part.dtype, problem.dtype) < dtype_distance(found->dtype, problem.dtype);
    if (nearer) found = &part;
  }
  return found;
}

const std::string* answer_of(const DecisionGrid& grid, std::size_t cell) {
  const std::uint16_t strategy = grid.cells[cell];  // no_answer is larger than any number of strategies
  return strategy < grid.strategies.size() ? &grid.strategies[strategy] : nullptr;
}

/// Wide enough for the square of any message size.
__extension__ using Square = unsigned __int128;

/// Saturates, so that absurd shapes are neither undefined nor subject to rounding: the generated C++ header implements
/// the same rule and must give the same answers.
std::int64_t product(std::int64_t a, std::int64_t b) {
  constexpr std::int64_t largest = std::numeric_limits<std::int64_t>::max();
  if (a <= 0 || b <= 0) return 0;
  return a > largest / b ? largest : a * b;
}

Square product_of(std::int64_t a, std::int64_t b) { return static_cast<Square>(a) * static_cast<Square>(b); }

/// Visits the indices of an ascending axis from the nearest value (times `unit`) to the farthest until `visit` returns
/// an answer. Compares log(value / low) with log(high / value) as value^2 with low * high, which is exact.
template <class Visit>
const std::string* from_nearest(const std::vector<std::int64_t>& axis, std::int64_t value, std::int64_t unit,
                                const Visit& visit) {
  const auto position = std::lower_bound(axis.begin(), axis.end(), value,
                                         [unit](std::int64_t a, std::int64_t v) { return product(a, unit) < v; });
  auto above = static_cast<std::size_t>(position - axis.begin());
  std::size_t below = above;  // one past the next smaller one
  while (below > 0 || above < axis.size()) {
    const bool take_below =
        below > 0 && (above == axis.size() || product_of(value, value) <= product_of(product(axis[below - 1], unit),
                                                                                     product(axis[above], unit)));
    const std::string* answer = visit(take_below ? --below : above++);
    if (answer != nullptr) return answer;
  }
  return nullptr;
}

const std::string* nearest_answer(const DecisionGrid& grid, const Problem& problem, bool by_message_size) {
  const std::int64_t hidden = std::max<std::int64_t>(problem.hidden_size, 0);
  const std::int64_t tokens = std::max<std::int64_t>(problem.num_tokens, 0);
  return from_nearest(grid.hidden_sizes, hidden, 1, [&](std::size_t row) {
    const auto in_row = [&](std::size_t column) { return answer_of(grid, row * grid.num_tokens.size() + column); };
    if (!by_message_size) return from_nearest(grid.num_tokens, tokens, 1, in_row);
    return from_nearest(grid.num_tokens, product(tokens, hidden), grid.hidden_sizes[row], in_row);
  });
}

const std::string* exact_answer(const DecisionGrid& grid, std::int64_t hidden, std::int64_t tokens) {
  const auto row = std::ranges::lower_bound(grid.hidden_sizes, hidden);
  const auto column = std::ranges::lower_bound(grid.num_tokens, tokens);
  if (row == grid.hidden_sizes.end() || column == grid.num_tokens.end() || *row != hidden || *column != tokens) {
    return nullptr;
  }
  return answer_of(grid, static_cast<std::size_t>(row - grid.hidden_sizes.begin()) * grid.num_tokens.size() +
                             static_cast<std::size_t>(column - grid.num_tokens.begin()));
}

std::int64_t floor_log2(std::int64_t value) {
  return value < 1 ? 0 : static_cast<std::int64_t>(std::bit_floor(static_cast<std::uint64_t>(value)));
}

const std::string* answer_of(const DecisionGrid& grid, const Problem& problem, LookUp look_up) {
  switch (look_up) {
    case LookUp::exact: return exact_answer(grid, problem.hidden_size, problem.num_tokens);
    case LookUp::nearest: return nearest_answer(grid, problem, false);
    case LookUp::message_size: return nearest_answer(grid, problem, true);
    case LookUp::floor_log2: return exact_answer(grid, floor_log2(problem.hidden_size), floor_log2(problem.num_tokens));
  }
  return nullptr;
}

const std::string* answer_of(const DecisionSteps& steps, const Problem& problem) {
  if (steps.steps.empty()) return nullptr;
  const std::int64_t bytes = product(product(problem.num_tokens, problem.hidden_size), size_of(problem.dtype));
  const auto step = std::ranges::lower_bound(steps.steps, bytes, {}, &DecisionSteps::Step::last_byte);
  return step == steps.steps.end() ? &steps.steps.back().strategy : &step->strategy;
}

}  // namespace

std::string_view name_of(LookUp look_up) {
  switch (look_up) {
    case LookUp::exact: return "exact";
    case LookUp::nearest: return "nearest";
    case LookUp::message_size: return "message_size";
    case LookUp::floor_log2: return "floor_log2";
  }
  return "unknown";
}

const std::string& DecisionTable::select(const Problem& problem) const {
  const std::string* answer = nullptr;
  if (const DecisionGrid* grid = part_of(grids, problem)) {
    answer = answer_of(*grid, problem, look_up);
  } else if (const DecisionSteps* of_size = part_of(steps, problem)) {
    answer = answer_of(*of_size, problem);
  }
  return answer == nullptr ? fallback : *answer;
}

std::string fault_of(const DecisionTable& table) {
  if (table.fallback.empty()) return "it has no fallback";
  const auto ascends = [](const auto& axis) {
    return std::ranges::adjacent_find(axis, std::ranges::greater_equal{}) == axis.end();
  };
  for (const DecisionGrid& grid : table.grids) {
    const auto where = fmt::format("the grid of tp {}, {}, {}", grid.tp_size, name_of(grid.dtype), grid.fusion);
    if (!ascends(grid.hidden_sizes) || !ascends(grid.num_tokens)) return where + " has an axis that does not ascend";
    const std::size_t cells = grid.hidden_sizes.size() * grid.num_tokens.size();
    if (grid.cells.size() != cells)
      return fmt::format("{} has {} cells, its axes say {}", where, grid.cells.size(), cells);
    for (const std::uint16_t cell : grid.cells) {
      if (cell == DecisionGrid::no_answer || cell < grid.strategies.size()) continue;
      return fmt::format("{} names strategy {} of {}", where, cell, grid.strategies.size());
    }
  }
  for (const DecisionSteps& steps : table.steps) {
    const auto where = fmt::format("the steps of tp {}, {}, {}", steps.tp_size, name_of(steps.dtype), steps.fusion);
    if (steps.steps.empty()) return where + " are empty";
    const bool ascending = std::ranges::adjacent_find(steps.steps, std::ranges::greater_equal{},
                                                      &DecisionSteps::Step::last_byte) == steps.steps.end();
    if (!ascending) return where + " do not ascend";
  }
  return {};
}

}  // namespace arbiter
