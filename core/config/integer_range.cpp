#include <array>
#include <limits>

#include <fmt/format.h>

#include "config/values.hpp"
#include "sdk/nearest.hpp"

namespace arbiter {

namespace {

const std::vector<std::string> range_keys = {"from", "to", "factor", "step"};

/// Complaints about a part of a range begin with that part's name.
Reporter within(const std::string& key, const Reporter& report) {
  return [&report, key](const YamlMark& mark, const std::string& text) { report(mark, key + ": " + text); };
}

bool has_range_keys(const YamlNode& node, const Reporter& report) {
  bool good = true;
  const auto missing = [&](const char* what) {
    report(node.mark, fmt::format("the range has no {}; allowed: {{from, to, factor}} or {{from, to, step}}", what));
    good = false;
  };
  for (const YamlEntry& entry : node.entries) {
    if (std::find(range_keys.begin(), range_keys.end(), entry.key) != range_keys.end()) continue;
    report(entry.mark, fmt::format("{}: unknown key{}", printable(entry.key), suggestion(entry.key, range_keys)));
    good = false;
  }
  if (node.find("from") == nullptr) missing("from");
  if (node.find("to") == nullptr) missing("to");
  const YamlEntry* step = node.find("step");
  if (node.find("factor") == nullptr && step == nullptr) missing("factor");
  if (node.find("factor") != nullptr && step != nullptr) {
    report(step->mark, "the range has a factor and a step; allowed: one of them");
    good = false;
  }
  return good;
}

std::optional<std::vector<std::int64_t>> read_range(const YamlNode& node, std::string_view allowed,
                                                    const Reporter& report) {
  if (!has_range_keys(node, report)) return std::nullopt;
  const bool multiplies = node.find("factor") != nullptr;
  const std::string growth_key = multiplies ? "factor" : "step";
  const YamlNode& to_node = node.find("to")->value;
  const auto from = read_integer(node.find("from")->value, allowed, within("from", report));
  const auto to = read_integer(to_node, allowed, within("to", report));
  const auto growth =
      read_integer(node.find(growth_key)->value, multiplies ? "2.." : "1..", within(growth_key, report));
  if (!from || !to || !growth) return std::nullopt;
  if (*from > *to) {
    report(to_node.mark, fmt::format("to: found {}; allowed: at least from, which is {}", *to, *from));
    return std::nullopt;
  }
  if (multiplies && *from < 1) {
    report(node.find("from")->value.mark, fmt::format("from: found {}; allowed with a factor: 1 or more", *from));
    return std::nullopt;
  }
  std::vector<std::int64_t> values;
  for (std::int64_t value = *from; value <= *to;) {
    if (values.size() == most_values) {
      report(node.mark, fmt::format("the range has more than {} values", most_values));
      return std::nullopt;
    }
    values.push_back(value);
    const bool overflows =
        multiplies ? __builtin_mul_overflow(value, *growth, &value) : __builtin_add_overflow(value, *growth, &value);
    if (overflows) break;
  }
  return values;
}

}  // namespace

std::optional<std::vector<std::int64_t>> read_integers(const YamlNode& node, std::string_view allowed,
                                                       const Reporter& report) {
  if (node.is_map()) return read_range(node, allowed, report);
  std::vector<std::int64_t> values;
  bool good = true;
  const auto read = [&](const YamlNode& item) {
    const std::optional<std::int64_t> value = read_integer(item, allowed, report);
    good = good && value.has_value();
    if (value) values.push_back(*value);
  };
  if (!node.is_list()) read(node);
  for (const YamlNode& item : node.items) read(item);
  if (values.size() <= most_values) return good ? std::optional(std::move(values)) : std::nullopt;
  report(node.mark, fmt::format("the list has more than {} values", most_values));
  return std::nullopt;
}

}  // namespace arbiter
