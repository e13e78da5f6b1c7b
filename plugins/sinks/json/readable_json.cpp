#include "json/readable_json.hpp"

#include <algorithm>

namespace arbiter {

namespace {

using nlohmann::ordered_json;

std::string on_one_line(const ordered_json& json) {
  return json.dump(-1, ' ', false, ordered_json::error_handler_t::replace);
}

bool is_plain(const ordered_json& json) { return !json.is_structured() || json.empty(); }

/// Numbers and rows are read across, texts one below the other.
bool is_on_one_line(const ordered_json& json) {
  constexpr std::size_t widest = 120;
  if (is_plain(json)) return true;
  if (!json.is_array() || !std::ranges::all_of(json, is_plain)) return false;
  const bool texts = std::ranges::all_of(json, [](const ordered_json& item) { return item.is_string(); });
  return !texts || on_one_line(json).size() <= widest;
}

void append(const ordered_json& json, const std::string& indent, std::string& text) {
  if (is_on_one_line(json)) {
    text += on_one_line(json);
    return;
  }
  const std::string deeper = indent + "  ";
  text += json.is_object() ? "{" : "[";
  const char* separator = "\n";
  for (const auto& [key, value] : json.items()) {
    text += separator + deeper;
    if (json.is_object()) text += on_one_line(key) + ": ";
    append(value, deeper, text);
    separator = ",\n";
  }
  text += "\n" + indent + (json.is_object() ? "}" : "]");
}

}  // namespace

std::string readable_json(const ordered_json& json) {
  std::string text;
  append(json, "", text);
  return text + "\n";
}

}  // namespace arbiter
