#include "cpp_header/part_choice.hpp"

#include <limits>
#include <set>
#include <utility>

namespace arbiter {

namespace {

constexpr std::int64_t largest = std::numeric_limits<std::int64_t>::max();

/// The library is asked: a table alike, in which each part answers its own number.
struct Probe {
  DecisionTable grids{LookUp::exact, {}, {}, "-1"};
  DecisionTable steps{LookUp::exact, {}, {}, "-1"};

  explicit Probe(const DecisionTable& table) {
    for (std::size_t i = 0; i < table.grids.size(); ++i) {
      const DecisionGrid& grid = table.grids[i];
      grids.grids.push_back({grid.tp_size, grid.dtype, grid.fusion, {1}, {1}, {std::to_string(i)}, {0}});
    }
    for (std::size_t i = 0; i < table.steps.size(); ++i) {
      const DecisionSteps& each = table.steps[i];
      steps.steps.push_back({each.tp_size, each.dtype, each.fusion, {{largest, std::to_string(i)}}});
    }
  }
};

}  // namespace

std::vector<PartChoice> part_choices(const DecisionTable& table) {
  std::set<std::pair<int, std::string>> keys;
  for (const DecisionGrid& grid : table.grids) keys.emplace(grid.tp_size, grid.fusion);
  for (const DecisionSteps& steps : table.steps) keys.emplace(steps.tp_size, steps.fusion);
  const Probe probe(table);
  std::vector<PartChoice> choices;
  for (const auto& [tp_size, fusion] : keys) {
    PartChoice choice{tp_size, fusion, {}, {}};
    for (std::size_t i = 0; i < message_dtypes.size(); ++i) {
      const Problem problem{tp_size, message_dtypes[i], fusion, 1, 1};
      choice.grids[i] = std::stoi(probe.grids.select(problem));
      choice.steps[i] = std::stoi(probe.steps.select(problem));
    }
    choices.push_back(choice);
  }
  return choices;
}

}  // namespace arbiter
