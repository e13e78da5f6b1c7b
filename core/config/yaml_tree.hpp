#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace arbiter {

class Diagnostics;

/// Where a key or a value was written.
struct YamlMark {
  int line = 0;             ///< from 1; 0 without a position
  int column = 0;           ///< from 1
  int override_index = -1;  ///< which --set it came from; -1 for the file
};

struct YamlEntry;

/// A YAML document with the position of everything in it, keys in the order of the text. Aliases are expanded.
struct YamlNode {
  enum class Type : std::uint8_t { null, scalar, list, map };
  /// What a map of plugins is added to: nothing, or (set by an override) what the section holds without it.
  enum class Base : std::uint8_t { nothing, defaults, all };

  Type type = Type::null;
  Base base = Base::nothing;
  bool quoted = false;
  std::string scalar;
  std::vector<YamlNode> items;
  std::vector<YamlEntry> entries;
  YamlMark mark;

  [[nodiscard]] bool is_null() const { return type == Type::null; }
  [[nodiscard]] bool is_scalar() const { return type == Type::scalar; }
  [[nodiscard]] bool is_list() const { return type == Type::list; }
  [[nodiscard]] bool is_map() const { return type == Type::map; }

  /// The entry of a map; null if it has none of that key.
  [[nodiscard]] const YamlEntry* find(std::string_view key) const;
  [[nodiscard]] YamlEntry* find(std::string_view key);
};

struct YamlEntry {
  std::string key;
  YamlMark mark;  ///< of the key
  YamlNode value;
};

/// Reads one document. Duplicate keys, tags and keys that are no text become diagnostics; a text that is no YAML, or
/// more than one document, becomes an issue and gives nothing. An empty text gives a null node.
[[nodiscard]] std::optional<YamlNode> parse_yaml(const std::string& text, int override_index, Diagnostics& diagnostics);

/// How messages show a value: "nothing", "a list", "a map", or the text, on one line and not too long.
[[nodiscard]] std::string describe(const YamlNode& node);
/// A text for a message: on one line and not too long.
[[nodiscard]] std::string printable(std::string_view text);

}  // namespace arbiter
