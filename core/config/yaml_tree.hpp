// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace arbiter {

class Diagnostics;

/// The position of a key or a value.
struct YamlMark {
  int line = 0;             ///< from 1; 0 without a position
  int column = 0;           ///< from 1
  int override_index = -1;  ///< which --set the value came from; -1 for the file
};

struct YamlEntry;

/// A YAML document in which every key and value has its position. Maps keep the order of the text; aliases are
/// expanded. YAML::Node does not serve here: it keeps duplicate keys without a mistake, and places a missing value at
/// the next token.
struct YamlNode {
  enum class Type : std::uint8_t { null, scalar, list, map };
  /// What the names of a map of plugins are added to. Only an override sets it.
  enum class Base : std::uint8_t { nothing, defaults, all };

  Type type = Type::null;
  Base base = Base::nothing;
  bool quoted = false;
  std::string scalar;
  std::vector<YamlNode> items;     ///< of a list
  std::vector<YamlEntry> entries;  ///< of a map
  YamlMark mark;

  [[nodiscard]] bool is_null() const { return type == Type::null; }
  [[nodiscard]] bool is_scalar() const { return type == Type::scalar; }
  [[nodiscard]] bool is_list() const { return type == Type::list; }
  [[nodiscard]] bool is_map() const { return type == Type::map; }

  /// The entry of a map; null if there is none of that key.
  [[nodiscard]] const YamlEntry* find(std::string_view key) const;
  [[nodiscard]] YamlEntry* find(std::string_view key);
};

struct YamlEntry {
  std::string key;
  YamlMark mark;  ///< of the key
  YamlNode value;
};

/// Reads one document; an empty text gives a null node. Duplicate keys, keys that are no scalar and tags become
/// diagnostics. A text that is no YAML, or more than one document, becomes a diagnostic and gives nothing.
[[nodiscard]] std::optional<YamlNode> parse_yaml(std::string_view text, int override_index, Diagnostics& diagnostics);

/// A value for a message: "nothing", "a list", "a map", or the printable text.
[[nodiscard]] std::string describe(const YamlNode& node);
/// plain_text() for a message: about 80 bytes at most.
[[nodiscard]] std::string printable(std::string_view text);

}  // namespace arbiter
