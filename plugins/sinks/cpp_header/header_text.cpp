// SPDX-License-Identifier: Apache-2.0
#include "cpp_header/header_text.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <limits>
#include <set>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "common/source_text.hpp"
#include "cpp_header/enumerators.hpp"
#include "cpp_header/lookup_code.hpp"

namespace arbiter {

namespace {

std::string guard_of(const std::string& name_space) {
  std::string guard;
  for (const char c : name_space) {
    if (c == ':' && (guard.empty() || guard.back() == '_')) continue;
    guard += c == ':' ? '_' : static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  }
  return guard + "_HPP";
}

std::string enumeration(const std::string& name, const std::vector<Enumerator>& values) {
  std::string text = fmt::format("enum class {} : int {{\n", name);
  for (const Enumerator& value : values) text += fmt::format("  {} = {},\n", value.identifier, value.value);
  text += "};\n\n// As the run calls it; an empty text for another number.\n";
  for (const Enumerator& value : values) {
    if (value.name.find('\0') == std::string::npos) continue;
    text += fmt::format("// The name of {} has a zero byte, at which its text ends for readers of C texts.\n",
                        value.identifier);
  }
  text += fmt::format("constexpr const char* name_of({} value) {{\n  switch (value) {{\n", name);
  for (const Enumerator& value : values) {
    text += fmt::format("    case {}::{}: return {};\n", name, value.identifier, cpp_string(value.name));
  }
  return text + "  }\n  return \"\";\n}\n\n";
}

constexpr std::int64_t largest = std::numeric_limits<std::int64_t>::max();
constexpr std::array message_dtypes = {DType::bfloat16, DType::float16, DType::float32};

/// Which grid (or steps) answers for a (tp_size, fusion) and each message dtype: an index into the table's, or -1.
struct PartChoice {
  int tp_size = 0;
  std::string fusion;
  std::array<int, message_dtypes.size()> grids = {-1, -1, -1};
  std::array<int, message_dtypes.size()> steps = {-1, -1, -1};
};

/// For every (tp_size, fusion) of the table, as DecisionTable::select() chooses.
std::vector<PartChoice> part_choices(const DecisionTable& table) {
  std::set<std::pair<int, std::string>> keys;
  for (const DecisionGrid& grid : table.grids) keys.emplace(grid.tp_size, grid.fusion);
  for (const DecisionSteps& steps : table.steps) keys.emplace(steps.tp_size, steps.fusion);
  // Two tables like this one, in which each part answers with its own number, so that DecisionTable makes the choice.
  DecisionTable grid_numbers{LookUp::exact, {}, {}, "-1"};
  DecisionTable step_numbers{LookUp::exact, {}, {}, "-1"};
  for (const DecisionGrid& grid : table.grids) {
    const auto number = std::to_string(grid_numbers.grids.size());
    grid_numbers.grids.push_back({grid.tp_size, grid.dtype, grid.fusion, {1}, {1}, {number}, {0}});
  }
  for (const DecisionSteps& steps : table.steps) {
    const auto number = std::to_string(step_numbers.steps.size());
    step_numbers.steps.push_back({steps.tp_size, steps.dtype, steps.fusion, {{largest, number}}});
  }
  std::vector<PartChoice> choices;
  for (const auto& [tp_size, fusion] : keys) {
    PartChoice choice{tp_size, fusion, {}, {}};
    for (std::size_t i = 0; i < message_dtypes.size(); ++i) {
      const Problem problem{tp_size, message_dtypes[i], fusion, 1, 1};
      choice.grids[i] = std::stoi(grid_numbers.select(problem));
      choice.steps[i] = std::stoi(step_numbers.select(problem));
    }
    choices.push_back(choice);
  }
  return choices;
}

int index_of(const std::vector<Enumerator>& values, const std::string& name) {
  return static_cast<int>(std::ranges::find(values, name, &Enumerator::name) - values.begin());
}

const Enumerator& value_of(const std::vector<Enumerator>& values, const std::string& name) {
  return values[static_cast<std::size_t>(index_of(values, name))];
}

/// C++ has no empty arrays; the count beside such a list is 0.
std::string list(const std::vector<std::int64_t>& values) {
  return values.empty() ? "0" : fmt::format("{}", fmt::join(values, ", "));
}

std::string array_of(const std::string& type, const std::string& name, const std::vector<std::string>& elements,
                     const std::string& nothing) {
  std::string text = fmt::format("inline constexpr {} {}[] = {{\n", type, name);
  for (const std::string& element : elements) text += fmt::format("    {},\n", element);
  if (elements.empty()) text += fmt::format("    {}  // none\n", nothing);
  return text + "};\n";
}

std::string about(int tp_size, DType dtype, const std::string& fusion) {
  return cpp_comment(fmt::format("tp {}, {}, {}", tp_size, name_of(dtype), fusion));
}

std::string grid_text(std::size_t number, const DecisionGrid& grid, const std::vector<Enumerator>& strategies) {
  std::string text = about(grid.tp_size, grid.dtype, grid.fusion);
  text += fmt::format("inline constexpr std::int64_t hidden_sizes_{}[] = {{{}}};\n", number, list(grid.hidden_sizes));
  text += fmt::format("inline constexpr std::int64_t num_tokens_{}[] = {{{}}};\n", number, list(grid.num_tokens));
  for (const auto& [axis, count] :
       {std::pair("hidden_sizes", grid.hidden_sizes.size()), std::pair("num_tokens", grid.num_tokens.size())}) {
    text += fmt::format("inline constexpr Starts {0}_starts_{1} = starts_of({0}_{1}, {2});\n", axis, number, count);
  }
  std::vector<std::string> rows;
  const std::size_t columns = grid.num_tokens.size();
  for (std::size_t row = 0; row < grid.hidden_sizes.size() && columns > 0; ++row) {
    std::vector<int> cells;
    for (std::size_t column = 0; column < columns; ++column) {
      const std::uint16_t cell = grid.cells[row * columns + column];
      cells.push_back(cell < grid.strategies.size() ? index_of(strategies, grid.strategies[cell]) : -1);
    }
    rows.push_back(fmt::format("{}", fmt::join(cells, ", ")));
  }
  return text + array_of("short", fmt::format("cells_{}", number), rows, "-1");
}

std::string steps_text(std::size_t number, const DecisionSteps& steps, const std::vector<Enumerator>& strategies) {
  std::vector<std::string> elements;
  for (const auto& step : steps.steps) {
    const bool last = step.last_byte == largest;
    elements.push_back(fmt::format("{{{}, {}}}", last ? "INT64_MAX" : std::to_string(step.last_byte),
                                   index_of(strategies, step.strategy)));
  }
  // DecisionTable takes the last step as endless, whatever its last_byte.
  if (!elements.empty()) {
    elements.back() = fmt::format("{{INT64_MAX, {}}}", index_of(strategies, steps.steps.back().strategy));
  }
  return about(steps.tp_size, steps.dtype, steps.fusion) +
         array_of("Step", fmt::format("steps_{}", number), elements, "{0, -1}");
}

/// The parts as an array [tp_size][fusion].
std::string parts_text(const std::vector<PartChoice>& choices, const std::vector<Enumerator>& fusions) {
  std::set<std::int64_t> tp_sizes;
  for (const PartChoice& choice : choices) tp_sizes.insert(choice.tp_size);
  std::vector<int> columns(static_cast<std::size_t>(std::ranges::max(fusions, {}, &Enumerator::value).value) + 1, -1);
  for (std::size_t i = 0; i < fusions.size(); ++i) {
    columns[static_cast<std::size_t>(fusions[i].value)] = static_cast<int>(i);
  }
  std::vector<std::string> parts;
  for (const std::int64_t tp_size : tp_sizes) {
    for (const Enumerator& fusion : fusions) {
      const auto found = std::ranges::find_if(
          choices, [&](const PartChoice& choice) { return choice.tp_size == tp_size && choice.fusion == fusion.name; });
      const PartChoice part = found == choices.end() ? PartChoice{} : *found;
      parts.push_back(fmt::format("{{{{{}}}, {{{}}}}}", fmt::join(part.grids, ", "), fmt::join(part.steps, ", ")));
    }
  }
  std::string text = "\n// Of each tp size and fusion.\n";
  text += fmt::format("inline constexpr std::int64_t tp_sizes[] = {{{}}};\n", list({tp_sizes.begin(), tp_sizes.end()}));
  text += fmt::format("inline constexpr Starts tp_starts = starts_of(tp_sizes, {});\n", tp_sizes.size());
  text += fmt::format("inline constexpr Axis tp_axis = {{tp_sizes, tp_starts.below, {}}};\n", tp_sizes.size());
  text += fmt::format("inline constexpr int fusion_count = {};\n", fusions.size());
  text += fmt::format("inline constexpr int fusion_end = {};\n", columns.size());
  text += fmt::format("inline constexpr short fusion_columns[] = {{{}}};\n", fmt::join(columns, ", "));
  return text + array_of("Part", "parts", parts, "{{-1, -1, -1}, {-1, -1, -1}}");
}

/// The constexpr tables: strategies, grids, steps and parts.
std::string header_tables(const DecisionTable& table, const std::vector<Enumerator>& strategies,
                          const std::vector<Enumerator>& fusions) {
  std::vector<std::string> names;
  names.reserve(strategies.size());
  for (const Enumerator& strategy : strategies) names.push_back("Strategy::" + strategy.identifier);
  std::string text = array_of("Strategy", "strategies", names, "");
  text += fmt::format("inline constexpr Strategy fallback = Strategy::{};\n\n",
                      value_of(strategies, table.fallback).identifier);

  std::vector<std::string> grids;
  for (std::size_t i = 0; i < table.grids.size(); ++i) {
    const DecisionGrid& grid = table.grids[i];
    text += grid_text(i, grid, strategies) + "\n";
    grids.push_back(
        fmt::format("{{{{hidden_sizes_{0}, hidden_sizes_starts_{0}.below, {1}}}, "
                    "{{num_tokens_{0}, num_tokens_starts_{0}.below, {2}}}, cells_{0}}}",
                    i, grid.hidden_sizes.size(), grid.num_tokens.size()));
  }
  std::vector<std::string> steps;
  for (std::size_t i = 0; i < table.steps.size(); ++i) {
    text += steps_text(i, table.steps[i], strategies) + "\n";
    steps.push_back(fmt::format("{{steps_{}, {}}}", i, table.steps[i].steps.size()));
  }
  text += array_of("Grid", "all_grids", grids, "{{nullptr, nullptr, 0}, {nullptr, nullptr, 0}, nullptr}");
  text += array_of("Steps", "all_steps", steps, "{nullptr, 0}");

  return text + parts_text(part_choices(table), fusions);
}

}  // namespace

std::string header_text(const DecisionTable& table, const HeaderOptions& options,
                        const std::function<std::optional<int>(const std::string&)>& table_id) {
  const auto strategies = strategy_values(table, table_id);
  const auto fusions = fusion_values(table);
  std::string text = "// Which AllReduce to use for which shape. Written by Arbiter; needs C++17 and nothing else.\n";
  for (const std::string& line : options.comments) text += cpp_comment(line);
  text += rules_in_words(table);
  text += cpp_comment(fmt::format("Whatever was never measured gets {}.", table.fallback));
  const std::string guard = guard_of(options.name_space);
  text +=
      fmt::format("#ifndef {0}\n#define {0}\n\n#include <cstdint>\n\nnamespace {1} {{\n\n", guard, options.name_space);
  text += "// The strategies by their numbers in tables";
  text += options.meaning ? ", and what was measured under each:\n" : ".\n";
  for (const Enumerator& strategy : strategies) {
    if (options.meaning)
      text += cpp_comment(fmt::format("  {} {}: {}", strategy.value, strategy.name, options.meaning(strategy.name)));
  }
  for (const std::string& line : options.numbers) text += cpp_comment(line);
  text += enumeration("Strategy", strategies);
  text += "// Numbers are those of AllReduceFusionOp where it has the fusion.\n";
  text += enumeration("Fusion", fusions);
  text += "// Of the message. Where a tp size and fusion were not measured with it, the nearest in width answers.\n";
  text += "enum class DType : int { bfloat16 = 0, float16 = 1, float32 = 2 };\n\nnamespace detail {\n";
  text += table_structures() + "\n" + header_tables(table, strategies, fusions) + look_up_code(table.look_up);
  return text + fmt::format("\n}}  // namespace {}\n\n#endif  // {}\n", options.name_space, guard);
}

}  // namespace arbiter
