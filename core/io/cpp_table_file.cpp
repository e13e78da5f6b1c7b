// SPDX-License-Identifier: Apache-2.0
#include "io/cpp_table_file.hpp"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <map>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>

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

/// The strategies of numbers: published, explained in the file, or known to the reader.
class StrategyNumbers {
 public:
  StrategyNumbers(const std::string& text, const CppTableReading& reading) : reading_(reading) {
    // Not by std::regex, whose stack a long line exceeds.
    constexpr std::string_view word = "Strategy ";
    constexpr std::size_t most_digits = 9;
    for (auto at = text.find(word); at != std::string::npos; at = text.find(word, at + 1)) {
      const auto slash = at == 0 ? std::string::npos : text.find_last_not_of(" \t", at - 1);
      if (slash == std::string::npos || slash == 0 || text.compare(slash - 1, 2, "//") != 0) continue;
      const auto digits = at + word.size();
      const auto colon = std::min(text.find_first_not_of("0123456789", digits), text.size());
      const auto name = colon + 2;
      if (colon == digits || colon - digits > most_digits || text.compare(colon, 2, ": ") != 0) continue;
      const auto end = std::min(text.find_first_of("\r\n", name), text.size());
      if (end > name) explained_[std::stol(text.substr(digits, colon - digits))] = text.substr(name, end - name);
    }
  }

  [[nodiscard]] std::optional<std::string> name_of(long number) const {
    if (const auto explained = explained_.find(number); explained != explained_.end()) return explained->second;
    if (auto published = strategy_of_table_id(number)) return published;
    return reading_.strategy_of_id ? reading_.strategy_of_id(number) : std::nullopt;
  }

 private:
  const CppTableReading& reading_;
  std::map<long, std::string> explained_;
};

DecisionGrid grid_of(const std::string& file, const Node& block, const CppTableAxes& axes,
                     const StrategyNumbers& numbers) {
  DecisionGrid grid{0, DType::bfloat16, "", axes.hidden_sizes, axes.num_tokens, {}, {}};
  for (const Node& row : block.children) {
    for (const long number : row.numbers) {
      auto name = numbers.name_of(number);
      if (!name) {
        throw DataError(fmt::format(
            "{}:{}: found strategy {}, allowed: {}, the table_id of an installed or configured strategy, or a line "
            "// Strategy {}: NAME in the file",
            file, row.line, number, known_table_ids(), number));
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

std::string upper(std::string text) {
  std::ranges::transform(text, text.begin(), [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
  return text;
}

/// The tables whose names end in SM<version> or CPU as `platform` asks.
std::vector<const TableStart*> tables_of(const std::vector<TableStart>& starts, const std::string& platform) {
  const auto ending_in = [&](const std::string& end) {
    std::vector<const TableStart*> found;
    for (const TableStart& start : starts) {
      if (!end.empty() && upper(start.name).ends_with(end)) found.push_back(&start);
    }
    return found;
  };
  auto found = ending_in(upper(platform));
  int version = 0;
  if (!found.empty() || !platform.starts_with("sm")) return found;
  std::from_chars(platform.data() + 2, platform.data() + platform.size(), version);
  if (version > 0) found = ending_in(version < 100 ? "SM90" : "SM100");
  return found;
}

const TableStart& find_table(const std::string& file, const std::vector<TableStart>& starts,
                             const CppTableReading& reading) {
  std::vector<std::string> names;
  names.reserve(starts.size());
  for (const TableStart& start : starts) names.push_back(start.name);
  if (reading.table.empty()) {
    if (starts.size() == 1) return starts.front();
    const auto found = tables_of(starts, reading.platform);
    if (found.size() == 1) return *found.front();
    throw DataError(
        fmt::format("{}: found {} tables ({}), {} of them for {}, allowed: one; name it: {}#{}", file, starts.size(),
                    fmt::join(names, ", "), found.empty() ? std::string("none") : std::to_string(found.size()),
                    reading.platform.empty() ? "an unknown platform" : reading.platform, file, names.front()));
  }
  const auto found = std::ranges::find(starts, reading.table, &TableStart::name);
  if (found != starts.end()) return *found;
  throw DataError(fmt::format("{}: found no table {}{}", file, reading.table, suggestion(reading.table, names)));
}

}  // namespace

bool holds_cpp_tables(const std::string& text) { return !table_starts(text).empty(); }

std::string find_cpp_table(const std::string& file, const std::string& text, const CppTableReading& reading) {
  return find_table(file, table_starts(text), reading).name;
}

DecisionTable read_cpp_table(const std::string& file, const std::string& text, const CppTableReading& reading) {
  const ScannedTable scanned = scan_table(file, text, find_table(file, table_starts(text), reading));
  expect_shape(file, scanned.root, 0, shape_of(scanned.root));
  const CppTableAxes axes = axes_of(file, text, scanned);
  const StrategyNumbers numbers(text, reading);
  DecisionTable result;
  result.look_up = axes.powers_of_two ? LookUp::floor_log2 : LookUp::nearest;
  const bool symmetric = text.find("return AllReduceStrategyType::NCCL_SYMMETRIC") != std::string::npos;
  result.fallback = symmetric ? "NCCL_SYMMETRIC" : "NCCL";
  for (std::size_t tp = 0; tp < axes.tp_sizes.size(); ++tp) {
    const std::int64_t end = axes.powers_of_two ? 2 * axes.tp_sizes[tp] : axes.tp_sizes[tp] + 1;
    for (std::size_t fusion = 0; fusion < axes.fusions.size(); ++fusion) {
      DecisionGrid grid = grid_of(file, scanned.root.children[tp].children[fusion], axes, numbers);
      for (std::string& name : fusions_like(axes.fusions[fusion], axes.fusions)) {
        grid.fusion = std::move(name);
        for (std::int64_t tp_size = axes.tp_sizes[tp]; tp_size < end; ++tp_size) {
          grid.tp_size = static_cast<int>(tp_size);
          result.grids.push_back(grid);
        }
      }
    }
  }
  return result;
}

}  // namespace arbiter
