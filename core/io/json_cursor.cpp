// SPDX-License-Identifier: Apache-2.0
#include "io/json_cursor.hpp"

#include <limits>

#include <fmt/format.h>

#include "arbiter/error.hpp"
#include "arbiter/names.hpp"

namespace arbiter {

namespace {

/// A short form of a value, for messages.
std::string shortened(const nlohmann::json& json) {
  if (json.is_object()) return "a map";
  if (json.is_array()) return fmt::format("a list of {}", json.size());
  return plain_text(json_text(json), 60);
}

}  // namespace

JsonCursor JsonCursor::below(const std::string& step, const nlohmann::json& json) const {
  return {json, file_, path_.empty() ? step : path_ + "." + step};
}

JsonCursor JsonCursor::at(const std::string& key) const {
  if (!json_.is_object()) refuse("a map");
  const auto found = json_.find(key);
  if (found == json_.end()) refuse(fmt::format("no \"{}\"", key), "a map that has it");
  return below(key, *found);
}

std::vector<JsonCursor> JsonCursor::items() const {
  if (!json_.is_array()) refuse("a list");
  std::vector<JsonCursor> items;
  items.reserve(json_.size());
  for (std::size_t i = 0; i < json_.size(); ++i) items.push_back(below(std::to_string(i), json_[i]));
  return items;
}

std::string JsonCursor::text() const {
  if (!json_.is_string() || json_.get_ref<const std::string&>().empty()) refuse("a text");
  return json_.get<std::string>();
}

std::int64_t JsonCursor::integer(std::int64_t lowest, std::int64_t highest) const {
  // The parser has a separate type for numbers above the largest signed one.
  const bool fits =
      json_.is_number_integer() &&
      (!json_.is_number_unsigned() ||
       json_.get<std::uint64_t>() <= static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max()));
  const std::int64_t value = fits ? json_.get<std::int64_t>() : 0;
  if (fits && value >= lowest && value <= highest) return value;
  refuse(highest == std::numeric_limits<std::int64_t>::max()
             ? fmt::format("a whole number of at least {}", lowest)
             : fmt::format("a whole number from {} to {}", lowest, highest));
}

std::vector<std::int64_t> JsonCursor::ascending() const {
  std::vector<std::int64_t> values;
  for (const JsonCursor& item : items()) {
    const std::int64_t value = item.integer(1, std::numeric_limits<std::int64_t>::max());
    if (!values.empty() && value <= values.back()) item.refuse(fmt::format("more than {}", values.back()));
    values.push_back(value);
  }
  return values;
}

void JsonCursor::refuse(const std::string& allowed) const { refuse(shortened(json_), allowed); }

void JsonCursor::refuse(const std::string& found, const std::string& allowed) const {
  throw DataError(fmt::format("{}: {}found {}, allowed: {}", file_, path_.empty() ? "" : path_ + ": ", found, allowed));
}

}  // namespace arbiter
