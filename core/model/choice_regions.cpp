// SPDX-License-Identifier: Apache-2.0
#include "model/choice_regions.hpp"

#include <iterator>
#include <set>
#include <vector>

namespace arbiter {

namespace {

using Cell = std::pair<std::int64_t, std::int64_t>;

/// The neighbours of a value on its axis.
std::vector<std::int64_t> neighbours_of(const std::set<std::int64_t>& axis, std::int64_t value) {
  std::vector<std::int64_t> neighbours;
  const auto at = axis.find(value);
  if (at != axis.begin()) neighbours.push_back(*std::prev(at));
  if (std::next(at) != axis.end()) neighbours.push_back(*std::next(at));
  return neighbours;
}

}  // namespace

std::int64_t choice_regions(const Choices& choices) {
  std::set<std::int64_t> hidden_sizes;
  std::set<std::int64_t> num_tokens;
  for (const auto& [cell, unused] : choices) {
    hidden_sizes.insert(cell.first);
    num_tokens.insert(cell.second);
  }
  std::set<Cell> seen;
  std::vector<Cell> open;
  std::int64_t regions = 0;
  for (const auto& [start, choice] : choices) {
    if (!seen.insert(start).second) continue;
    ++regions;
    open.push_back(start);
    const auto visit = [&, &wanted = choice](const Cell& cell) {
      const auto found = choices.find(cell);
      if (found != choices.end() && found->second == wanted && seen.insert(cell).second) open.push_back(cell);
    };
    while (!open.empty()) {
      const auto [hidden_size, tokens] = open.back();
      open.pop_back();
      for (const auto value : neighbours_of(hidden_sizes, hidden_size)) visit({value, tokens});
      for (const auto value : neighbours_of(num_tokens, tokens)) visit({hidden_size, value});
    }
  }
  return regions;
}

}  // namespace arbiter
