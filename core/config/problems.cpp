// SPDX-License-Identifier: Apache-2.0
#include "config/problems.hpp"

#include <algorithm>
#include <set>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "config/keys.hpp"
#include "config/values.hpp"
#include "sdk/allowed.hpp"
#include "sdk/nearest.hpp"

namespace arbiter {

namespace {

constexpr double most_problems = 100'000;
constexpr const char* allowed_holdout =
    "a map with hidden_size and num_tokens, as in {hidden_size: 2880, num_tokens: [1, 3]}";

/// Reports what a list holds twice. `values` are those of all its items.
template <class Value, class Name>
void expect_distinct(const ConfigCursor& list, const std::vector<Value>& values, const Name& name) {
  for (auto value = values.begin(); value != values.end(); ++value) {
    if (std::find(values.begin(), value, *value) == value) continue;
    const YamlNode& item = list.items()[static_cast<std::size_t>(value - values.begin())];
    list.report(item.mark, fmt::format("{} is given twice", name(*value)));
  }
}

bool expect_some(const ConfigCursor& cursor, std::string_view what) {
  if (!cursor.items().empty()) return true;
  cursor.report(fmt::format("found an empty list; allowed: at least one {}", what));
  return false;
}

/// The distinct numbers under a key of a map, the one of a section.
std::vector<std::int64_t> read_sizes(const ConfigCursor& map, std::string_view section, const char* key,
                                     bool may_be_missing) {
  const std::string_view allowed = config_key(section, key).allowed;
  const auto cursor = map.find(key);
  if (!cursor) {
    if (!may_be_missing) {
      map.diagnostics.add(map.node.mark, fmt::format("{}.{}", map.path, key),
                          fmt::format("missing; allowed: whole numbers in {}, as in [2, 4] or {{from: 2, to: 8, "
                                      "factor: 2}}",
                                      allowed));
    }
    return {};
  }
  if (!expect_some(*cursor, "number")) return {};
  auto values = read_integers(*cursor, allowed).value_or(std::vector<std::int64_t>{});
  if (cursor->node.is_list()) expect_distinct(*cursor, values, [](std::int64_t value) { return value; });
  return values;
}

std::vector<DType> default_dtypes() {
  return {parse_message_dtype(config_key("problems", "dtype").default_value).value()};
}

std::vector<DType> read_dtypes(const ConfigCursor& problems) {
  const std::vector<std::string> names = alternatives(config_key("problems", "dtype").allowed);
  const auto cursor = problems.find("dtype");
  if (!cursor) return default_dtypes();
  if (!expect_some(*cursor, fmt::format("of {}", fmt::join(names, ", ")))) return {};
  std::vector<DType> dtypes;
  for (const YamlNode& item : cursor->items()) {
    const std::optional<DType> dtype = item.is_scalar() ? parse_message_dtype(item.scalar) : std::nullopt;
    if (dtype) {
      dtypes.push_back(*dtype);
    } else {
      cursor->report(item.mark, fmt::format("found {}{}", describe(item), suggestion(item.scalar, names)));
    }
  }
  if (dtypes.size() == cursor->items().size()) {
    expect_distinct(*cursor, dtypes, [](DType dtype) { return name_of(dtype); });
  }
  return dtypes;
}

/// Adds every combination of the numbers of one entry.
void read_holdout_entry(const ConfigCursor& entry, std::set<HoldoutShape>& shapes) {
  if (!expect_map(entry, allowed_holdout)) return;
  expect_keys(entry, config_key_names("problems.holdout"));
  const auto hidden_sizes = read_sizes(entry, "problems.holdout", "hidden_size", false);
  const auto num_tokens = read_sizes(entry, "problems.holdout", "num_tokens", false);
  const std::size_t count = hidden_sizes.size() * num_tokens.size();
  if (count > most_values) {
    entry.report(fmt::format("found {} shapes; allowed: at most {}", count, most_values));
    return;
  }
  for (const auto hidden_size : hidden_sizes) {
    for (const auto tokens : num_tokens) shapes.insert({hidden_size, tokens});
  }
}

/// For a config whose grid is read.
void read_holdout(const ConfigCursor& problems, Config& config) {
  const auto cursor = problems.find("holdout");
  if (!cursor) return;
  std::set<HoldoutShape> shapes;
  for (std::size_t i = 0; i < cursor->items().size(); ++i) read_holdout_entry(cursor->item(i), shapes);
  // A remark, not a mistake: an override of the grid may take in shapes of the file's holdout.
  const auto in_grid = std::erase_if(shapes, [&](const HoldoutShape& shape) {
    return std::ranges::find(config.hidden_sizes, shape.hidden_size) != config.hidden_sizes.end() &&
           std::ranges::find(config.num_tokens, shape.num_tokens) != config.num_tokens.end();
  });
  if (in_grid > 0) {
    config.remarks.push_back(fmt::format(
        "problems.holdout: {} of its shapes are cells of the grid, which are fitted: they are left out", in_grid));
  }
  config.holdout.assign(shapes.begin(), shapes.end());
}

}  // namespace

void read_problems(const ConfigCursor& root, bool data_dir_mode, Config& config) {
  const auto problems = root.find("problems");
  if (!problems) {
    if (!data_dir_mode) {
      root.diagnostics.add(root.node.mark, "problems",
                           "missing; allowed: a map with tp_size, hidden_size and num_tokens, the shapes to measure");
    }
    config.dtypes = default_dtypes();
    return;
  }
  if (!expect_map(*problems, "a map with tp_size, dtype, fusion, hidden_size, num_tokens")) return;
  expect_keys(*problems, config_key_names("problems"));
  for (const std::int64_t tp_size : read_sizes(*problems, "problems", "tp_size", data_dir_mode)) {
    config.tp_sizes.push_back(static_cast<int>(tp_size));
  }
  config.dtypes = read_dtypes(*problems);
  config.hidden_sizes = read_sizes(*problems, "problems", "hidden_size", data_dir_mode);
  config.num_tokens = read_sizes(*problems, "problems", "num_tokens", data_dir_mode);
  read_holdout(*problems, config);
}

void check_problem_count(const ConfigCursor& root, const Config& config) {
  const YamlEntry* problems = root.node.find("problems");
  if (problems == nullptr) return;
  // In floating point, as the product of the five may exceed 64 bits.
  const auto number = [](const auto& list) { return static_cast<double>(list.size()); };
  const double count = number(config.tp_sizes) * number(config.dtypes) * number(config.fusions) *
                       (number(config.hidden_sizes) * number(config.num_tokens) + number(config.holdout));
  if (count <= most_problems) return;
  root.diagnostics.add(
      problems->mark, "problems",
      fmt::format("found {:.0f} problems ({} tp sizes x {} dtypes x {} fusions x {} hidden sizes x {} token "
                  "counts{}); allowed: at most {:.0f}",
                  count, config.tp_sizes.size(), config.dtypes.size(), config.fusions.size(),
                  config.hidden_sizes.size(), config.num_tokens.size(),
                  config.holdout.empty() ? "" : fmt::format(", and {} shapes of the holdout", config.holdout.size()),
                  most_problems));
}

}  // namespace arbiter
