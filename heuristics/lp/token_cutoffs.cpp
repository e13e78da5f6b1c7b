#include "lp/token_cutoffs.hpp"

#include <utility>

#include <fmt/format.h>

namespace arbiter {

namespace {

std::string row_text(const DecisionGrid& grid, std::size_t row) {
  const std::size_t width = grid.num_tokens.size();
  std::string text;
  std::uint16_t current = DecisionGrid::no_answer;
  std::int64_t last = 0;
  for (std::size_t column = 0; column < width; ++column) {
    const std::uint16_t label = grid.cells[row * width + column];
    if (label == DecisionGrid::no_answer) continue;
    if (label != current) {
      if (current != DecisionGrid::no_answer) text += fmt::format(" to {}, ", last);
      text += grid.strategies[label];
      current = label;
    }
    last = grid.num_tokens[column];
  }
  return text;
}

}  // namespace

RegionLabels token_cutoffs(const CellBlock& block, const std::vector<std::string>& order) {
  return region_labels(block, order, MonotoneIn::tokens);
}

std::string token_cutoffs_text(const DecisionGrid& grid) {
  std::string text;
  for (std::size_t first = 0; first < grid.hidden_sizes.size();) {
    const std::string own = row_text(grid, first);
    std::size_t last = first;
    while (last + 1 < grid.hidden_sizes.size() && row_text(grid, last + 1) == own) ++last;
    if (!own.empty()) {
      const std::string sizes = first == last
                                    ? fmt::format("{}", grid.hidden_sizes[first])
                                    : fmt::format("{} .. {}", grid.hidden_sizes[first], grid.hidden_sizes[last]);
      text += fmt::format("{}{}: {}", text.empty() ? "" : "; ", sizes, own);
    }
    first = last + 1;
  }
  return text;
}

}  // namespace arbiter
