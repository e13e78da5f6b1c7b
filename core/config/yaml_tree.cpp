#include "config/yaml_tree.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace arbiter {

const YamlEntry* YamlNode::find(std::string_view key) const {
  const auto found = std::find_if(entries.begin(), entries.end(), [&](const YamlEntry& e) { return e.key == key; });
  return found == entries.end() ? nullptr : &*found;
}

YamlEntry* YamlNode::find(std::string_view key) {
  const auto found = std::find_if(entries.begin(), entries.end(), [&](const YamlEntry& e) { return e.key == key; });
  return found == entries.end() ? nullptr : &*found;
}

std::string printable(std::string_view text) {
  constexpr std::size_t longest = 80;
  std::string shown;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    const bool starts_character = (byte & 0xC0U) != 0x80U;
    if (shown.size() >= longest && starts_character) return shown + "...";
    if (byte == '\n') {
      shown += "\\n";
    } else if (byte < 0x20 || byte == 0x7F) {
      shown += fmt::format("\\x{:02x}", byte);
    } else {
      shown += c;
    }
  }
  return shown;
}

std::string describe(const YamlNode& node) {
  switch (node.type) {
    case YamlNode::Type::null: return "nothing";
    case YamlNode::Type::list: return node.items.empty() ? "an empty list" : "a list";
    case YamlNode::Type::map: return node.entries.empty() ? "an empty map" : "a map";
    case YamlNode::Type::scalar: break;
  }
  return node.quoted ? '"' + printable(node.scalar) + '"' : printable(node.scalar);
}

}  // namespace arbiter
