// SPDX-License-Identifier: Apache-2.0
#include "io/table_json.hpp"

#include <limits>

#include <fmt/format.h>

namespace arbiter {

namespace {

using nlohmann::ordered_json;

constexpr std::int64_t largest = std::numeric_limits<std::int64_t>::max();

ordered_json grid_to_json(const DecisionGrid& grid) {
  ordered_json rows = ordered_json::array();
  const std::size_t columns = grid.num_tokens.size();
  for (std::size_t row = 0; row < grid.hidden_sizes.size(); ++row) {
    ordered_json cells = ordered_json::array();
    for (std::size_t column = 0; column < columns; ++column) {
      const std::uint16_t cell = grid.cells[row * columns + column];
      cells.push_back(cell < grid.strategies.size() ? ordered_json(cell) : ordered_json(nullptr));
    }
    rows.push_back(std::move(cells));
  }
  return {{"tp_size", grid.tp_size},           {"dtype", name_of(grid.dtype)},  {"fusion", grid.fusion},
          {"hidden_sizes", grid.hidden_sizes}, {"num_tokens", grid.num_tokens}, {"strategies", grid.strategies},
          {"cells", std::move(rows)}};
}

ordered_json steps_to_json(const DecisionSteps& steps) {
  ordered_json list = ordered_json::array();
  for (const auto& step : steps.steps) list.push_back(ordered_json::array({step.last_byte, step.strategy}));
  if (!list.empty()) list.back()[0] = nullptr;  // endless, whatever it says
  return {{"tp_size", steps.tp_size},
          {"dtype", name_of(steps.dtype)},
          {"fusion", steps.fusion},
          {"steps", std::move(list)}};
}

LookUp look_up_from(const JsonCursor& place) {
  const std::string text = place.text();
  for (const LookUp look_up : {LookUp::exact, LookUp::nearest, LookUp::message_size, LookUp::floor_log2}) {
    if (text == name_of(look_up)) return look_up;
  }
  place.refuse("exact, nearest, message_size, floor_log2");
}

/// What grids and steps are about.
template <class Part>
Part part_from(const JsonCursor& place) {
  Part part;
  part.tp_size = static_cast<int>(place.at("tp_size").integer(1, std::numeric_limits<int>::max()));
  const JsonCursor dtype = place.at("dtype");
  const auto parsed = parse_message_dtype(dtype.text());
  if (!parsed) dtype.refuse("bfloat16, float16, float32");
  part.dtype = *parsed;
  part.fusion = place.at("fusion").text();
  return part;
}

DecisionGrid grid_from(const JsonCursor& place) {
  auto grid = part_from<DecisionGrid>(place);
  grid.hidden_sizes = place.at("hidden_sizes").ascending();
  grid.num_tokens = place.at("num_tokens").ascending();
  const JsonCursor strategies = place.at("strategies");
  for (const JsonCursor& name : strategies.items()) grid.strategies.push_back(name.text());
  if (grid.strategies.size() >= DecisionGrid::no_answer) strategies.refuse("fewer than 65535 names");
  const JsonCursor cells = place.at("cells");
  const auto rows = cells.items();
  if (rows.size() != grid.hidden_sizes.size()) {
    cells.refuse(fmt::format("a list of {}, one row for each hidden size", grid.hidden_sizes.size()));
  }
  for (const JsonCursor& row : rows) {
    const auto columns = row.items();
    if (columns.size() != grid.num_tokens.size()) {
      row.refuse(fmt::format("a list of {}, one cell for each number of tokens", grid.num_tokens.size()));
    }
    for (const JsonCursor& cell : columns) {
      const auto last = static_cast<std::int64_t>(grid.strategies.size()) - 1;
      grid.cells.push_back(cell.json().is_null() ? DecisionGrid::no_answer
                                                 : static_cast<std::uint16_t>(cell.integer(0, last)));
    }
  }
  return grid;
}

DecisionSteps steps_from(const JsonCursor& place) {
  auto result = part_from<DecisionSteps>(place);
  const JsonCursor list = place.at("steps");
  const auto steps = list.items();
  std::int64_t before = -1;
  for (const JsonCursor& step : steps) {
    const auto pair = step.items();
    if (pair.size() != 2) step.refuse("the last byte and a strategy");
    const bool is_last = result.steps.size() + 1 == steps.size();
    if (is_last && !pair[0].json().is_null()) pair[0].refuse("null, as the last step has no end");
    before = is_last ? largest : pair[0].integer(before + 1, largest - 1);
    result.steps.push_back({before, pair[1].text()});
  }
  if (result.steps.empty()) list.refuse("at least one step");
  return result;
}

}  // namespace

ordered_json table_to_json(const DecisionTable& table) {
  ordered_json grids = ordered_json::array();
  for (const DecisionGrid& grid : table.grids) grids.push_back(grid_to_json(grid));
  ordered_json steps = ordered_json::array();
  for (const DecisionSteps& each : table.steps) steps.push_back(steps_to_json(each));
  return {{"look_up", name_of(table.look_up)},
          {"fallback", table.fallback},
          {"grids", std::move(grids)},
          {"steps", std::move(steps)}};
}

DecisionTable table_from_json(const JsonCursor& place) {
  DecisionTable table;
  table.look_up = look_up_from(place.at("look_up"));
  table.fallback = place.at("fallback").text();
  for (const JsonCursor& grid : place.at("grids").items()) table.grids.push_back(grid_from(grid));
  for (const JsonCursor& steps : place.at("steps").items()) table.steps.push_back(steps_from(steps));
  return table;
}

}  // namespace arbiter
