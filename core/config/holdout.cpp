#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "config/validate.hpp"

namespace arbiter {

namespace {

constexpr const char* allowed_entry =
    "a map with hidden_size and num_tokens, as in {hidden_size: 2880, num_tokens: [1, 3]}";
const std::vector<std::string> entry_keys = {"hidden_size", "num_tokens"};

/// Every combination of an entry's numbers.
void read_entry(const ConfigCursor& place, std::set<HoldoutShape>& shapes) {
  if (!expect_map(place, allowed_entry)) return;
  expect_keys(place, entry_keys);
  const auto hidden_sizes = read_sizes(place, "hidden_size", allowed_hidden_sizes, false);
  const auto num_tokens = read_sizes(place, "num_tokens", allowed_num_tokens, false);
  if (hidden_sizes.size() * num_tokens.size() > most_values) {
    place.report(
        fmt::format("found {} shapes; allowed: at most {}", hidden_sizes.size() * num_tokens.size(), most_values));
    return;
  }
  for (const auto hidden_size : hidden_sizes) {
    for (const auto tokens : num_tokens) shapes.insert({hidden_size, tokens});
  }
}

bool is_in_grid(const HoldoutShape& shape, const Config& config) {
  return std::ranges::find(config.hidden_sizes, shape.hidden_size) != config.hidden_sizes.end() &&
         std::ranges::find(config.num_tokens, shape.num_tokens) != config.num_tokens.end();
}

}  // namespace

void read_holdout(const ConfigCursor& root, Config& config) {
  const YamlEntry* problems = root.node.find("problems");
  const YamlEntry* entry = problems == nullptr ? nullptr : problems->value.find("holdout");
  if (entry == nullptr) return;
  const ConfigCursor place = root.at(*problems).at(*entry);
  std::set<HoldoutShape> shapes;
  if (place.node.is_list()) {
    for (std::size_t i = 0; i < place.node.items.size(); ++i) {
      read_entry({place.node.items[i], fmt::format("{}.{}", place.path, i), place.diagnostics}, shapes);
    }
  } else {
    read_entry(place, shapes);
  }
  // No mistake: a grid changed by an override may take in shapes of the file's holdout.
  const auto in_grid = std::erase_if(shapes, [&](const HoldoutShape& shape) { return is_in_grid(shape, config); });
  if (in_grid > 0) {
    config.remarks.push_back(fmt::format(
        "problems.holdout: {} of its shapes are cells of the grid, which are fitted: they are left out", in_grid));
  }
  config.holdout.assign(shapes.begin(), shapes.end());
}

}  // namespace arbiter
