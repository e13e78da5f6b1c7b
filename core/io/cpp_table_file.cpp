// SPDX-License-Identifier: Apache-2.0
#include "io/cpp_table_file.hpp"

#include <algorithm>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "arbiter/error.hpp"
#include "io/cpp_table_axes.hpp"
#include "io/cpp_table_scan.hpp"
#include "model/published_ids.hpp"
#include "sdk/nearest.hpp"

namespace arbiter {

namespace {

using Node = ScannedTable::Node;

void expect_shape(const std::string& file, const Node& node, int depth, const std::vector<std::size_t>& sizes) {
  static const char* const levels[] = {"tp sizes", "fusions", "hidden sizes", "token counts"};
  const bool innermost = depth + 1 == static_cast<int>(sizes.size());
  const std::size_t found = innermost ? node.numbers.size() : node.children.size();
  const bool mixed = innermost ? !node.children.empty() : !node.numbers.empty();
  const std::size_t expected = sizes[static_cast<std::size_t>(depth)];
  if (mixed || found != expected || found == 0) {
    throw DataError(fmt::format("{}:{}: found {}, allowed: {} {}, as many in each block", file, node.line,
                                mixed ? std::string("another depth of braces") : std::to_string(found),
                                expected == 0 ? std::string("one or more") : std::to_string(expected), levels[depth]));
  }
  for (const Node& child : node.children) expect_shape(file, child, depth + 1, sizes);
}

/// The lengths of the four axes, from the first block of each level.
std::vector<std::size_t> shape_of(const Node& root) {
  std::vector<std::size_t> sizes;
  const Node* node = &root;
  for (int depth = 0; depth < 3; ++depth) {
    sizes.push_back(node->children.size());
    static const Node nothing;
    node = node->children.empty() ? &nothing : &node->children.front();
  }
  sizes.push_back(node->numbers.size());
  return sizes;
}

DecisionGrid grid_of(const std::string& file, const Node& block, const CppTableAxes& axes) {
  DecisionGrid grid{0, DType::bfloat16, "", axes.hidden_sizes, axes.num_tokens, {}, {}};
  for (const Node& row : block.children) {
    for (const long number : row.numbers) {
      auto name = strategy_of_table_id(number);
      if (!name) {
        throw DataError(
            fmt::format("{}:{}: found strategy {}, allowed: {}", file, row.line, number, known_table_ids()));
      }
      const auto known = std::ranges::find(grid.strategies, *name);
      grid.cells.push_back(static_cast<std::uint16_t>(known - grid.strategies.begin()));
      if (known == grid.strategies.end()) grid.strategies.push_back(std::move(*name));
    }
  }
  return grid;
}

/// The fusion, and the one with the same index in the engine.
std::vector<std::string> fusions_like(const std::string& fusion, const std::vector<std::string>& all) {
  std::vector<std::string> fusions = {fusion};
  constexpr std::string_view quantised = "RESIDUAL_RMS_NORM_QUANT_";
  if (fusion.starts_with(quantised)) {
    const std::string twin = "RESIDUAL_RMS_NORM_OUT_QUANT_" + fusion.substr(quantised.size());
    if (std::ranges::find(all, twin) == all.end()) fusions.push_back(twin);
  }
  return fusions;
}

const TableStart& find_table(const std::string& file, const std::vector<TableStart>& starts, const std::string& table) {
  if (table.empty()) return starts.front();
  std::vector<std::string> names;
  for (const TableStart& start : starts) {
    if (start.name == table) return start;
    names.push_back(start.name);
  }
  throw DataError(fmt::format("{}: found no table {}{}", file, table, suggestion(table, names)));
}

}  // namespace

bool holds_cpp_tables(const std::string& text) { return !table_starts(text).empty(); }

DecisionTable read_cpp_table(const std::string& file, const std::string& text, const std::string& table) {
  const ScannedTable scanned = scan_table(file, text, find_table(file, table_starts(text), table));
  expect_shape(file, scanned.root, 0, shape_of(scanned.root));
  const CppTableAxes axes = axes_of(file, text, scanned);
  DecisionTable result;
  result.look_up = LookUp::floor_log2;
  result.fallback = "NCCL";
  for (std::size_t tp = 0; tp < axes.tp_sizes.size(); ++tp) {
    for (std::size_t fusion = 0; fusion < axes.fusions.size(); ++fusion) {
      DecisionGrid grid = grid_of(file, scanned.root.children[tp].children[fusion], axes);
      for (std::string& name : fusions_like(axes.fusions[fusion], axes.fusions)) {
        grid.fusion = std::move(name);
        for (std::int64_t tp_size = axes.tp_sizes[tp]; tp_size < 2 * axes.tp_sizes[tp]; ++tp_size) {
          grid.tp_size = static_cast<int>(tp_size);
          result.grids.push_back(grid);
        }
      }
    }
  }
  return result;
}

}  // namespace arbiter
