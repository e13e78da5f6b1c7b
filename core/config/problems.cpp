#include <algorithm>

#include <fmt/format.h>

#include "config/validate.hpp"
#include "sdk/nearest.hpp"

namespace arbiter {

namespace {

constexpr std::int64_t most_problems = 100'000;
const std::vector<std::string> problem_keys = {"tp_size", "dtype", "fusion", "hidden_size", "num_tokens", "holdout"};

/// Complains about what a list holds twice.
template <class Value, class Name>
void expect_distinct(const ConfigCursor& place, const std::vector<Value>& values, const Name& name) {
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (std::find(values.begin(), values.begin() + static_cast<std::ptrdiff_t>(i), values[i]) ==
        values.begin() + static_cast<std::ptrdiff_t>(i)) {
      continue;
    }
    const YamlMark& mark = i < place.node.items.size() ? place.node.items[i].mark : place.node.mark;
    place.report(mark, fmt::format("{} is given twice", name(values[i])));
  }
}

/// Complains about a list of nothing.
bool expect_some(const ConfigCursor& place, std::string_view what) {
  if (!place.node.is_list() || !place.node.items.empty()) return true;
  place.report(fmt::format("found an empty list; allowed: at least one {}", what));
  return false;
}

std::vector<DType> read_dtypes(const ConfigCursor& problems) {
  const YamlEntry* entry = problems.node.find("dtype");
  if (entry == nullptr) return {DType::bfloat16};
  const ConfigCursor place = problems.at(*entry);
  static const std::vector<std::string> names = {"bfloat16", "float16", "float32"};
  if (!expect_some(place, "of bfloat16, float16, float32")) return {};
  std::vector<DType> dtypes;
  const auto read = [&](const YamlNode& node) {
    const std::optional<DType> dtype = node.is_scalar() ? parse_message_dtype(node.scalar) : std::nullopt;
    if (dtype) {
      dtypes.push_back(*dtype);
    } else {
      const std::string rest = suggestion(node.scalar, names);
      place.report(node.mark, fmt::format("found {}{}", describe(node), rest));
    }
  };
  if (!place.node.is_list()) read(place.node);
  for (const YamlNode& item : place.node.items) read(item);
  if (dtypes.size() == place.node.items.size())
    expect_distinct(place, dtypes, [](DType dtype) { return name_of(dtype); });
  return dtypes;
}

}  // namespace

std::vector<std::int64_t> read_sizes(const ConfigCursor& map, std::string_view key, std::string_view allowed,
                                     bool may_be_missing) {
  const YamlEntry* entry = map.node.find(key);
  if (entry == nullptr) {
    if (!may_be_missing) {
      map.diagnostics.add(map.node.mark, fmt::format("{}.{}", map.path, key),
                          fmt::format("missing; allowed: whole numbers in {}, as in [2, 4] or {{from: 2, to: 8, "
                                      "factor: 2}}",
                                      allowed));
    }
    return {};
  }
  const ConfigCursor place = map.at(*entry);
  if (!expect_some(place, "number")) return {};
  std::vector<std::int64_t> values =
      read_integers(entry->value, allowed, place.reporter()).value_or(std::vector<std::int64_t>{});
  // A range holds nothing twice.
  if (place.node.is_list()) expect_distinct(place, values, [](std::int64_t value) { return value; });
  return values;
}

void read_problems(const ConfigCursor& root, bool data_dir_mode, Config& config) {
  const YamlEntry* entry = root.node.find("problems");
  if (entry == nullptr) {
    if (!data_dir_mode) {
      root.diagnostics.add(root.node.mark, "problems",
                           "missing; allowed: a map with tp_size, hidden_size and num_tokens, the shapes to measure");
    }
    config.dtypes = {DType::bfloat16};
    return;
  }
  const ConfigCursor problems = root.at(*entry);
  if (!expect_map(problems, "a map with tp_size, dtype, fusion, hidden_size, num_tokens")) return;
  expect_keys(problems, problem_keys);
  for (const std::int64_t tp_size : read_sizes(problems, "tp_size", "2..1024", data_dir_mode)) {
    config.tp_sizes.push_back(static_cast<int>(tp_size));
  }
  config.dtypes = read_dtypes(problems);
  config.hidden_sizes = read_sizes(problems, "hidden_size", allowed_hidden_sizes, data_dir_mode);
  config.num_tokens = read_sizes(problems, "num_tokens", allowed_num_tokens, data_dir_mode);
}

void check_problem_count(const ConfigCursor& root, const Config& config) {
  const YamlEntry* entry = root.node.find("problems");
  if (entry == nullptr) return;
  // Each factor is bounded, but not their product.
  const auto number = [](const auto& list) { return static_cast<double>(list.size()); };
  const double count = number(config.tp_sizes) * number(config.dtypes) * number(config.fusions) *
                       (number(config.hidden_sizes) * number(config.num_tokens) + number(config.holdout));
  if (count <= static_cast<double>(most_problems)) return;
  root.diagnostics.add(
      entry->mark, "problems",
      fmt::format("found {:.0f} problems ({} tp sizes x {} dtypes x {} fusions x {} hidden sizes x {} token "
                  "counts{}); allowed: at most {}",
                  count, config.tp_sizes.size(), config.dtypes.size(), config.fusions.size(),
                  config.hidden_sizes.size(), config.num_tokens.size(),
                  config.holdout.empty() ? "" : fmt::format(", and {} shapes of the holdout", config.holdout.size()),
                  most_problems));
}

}  // namespace arbiter
