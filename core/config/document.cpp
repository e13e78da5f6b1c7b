// SPDX-License-Identifier: Apache-2.0
#include "config/document.hpp"

#include <algorithm>
#include <charconv>

#include <fmt/format.h>

namespace arbiter {

namespace {

using Keys = std::vector<std::string>;

constexpr const char* allowed_root = "a map of keys, of which problems says what to measure";

Keys split(std::string_view path) {
  Keys keys;
  while (true) {
    const std::size_t dot = path.find('.');
    keys.emplace_back(path.substr(0, dot));
    if (dot == std::string_view::npos) return keys;
    path.remove_prefix(dot + 1);
  }
}

std::optional<std::size_t> index_of(const std::string& key) {
  std::size_t index = 0;
  const auto [end, error] = std::from_chars(key.data(), key.data() + key.size(), index);
  if (error != std::errc{} || end != key.data() + key.size()) return std::nullopt;
  return index;
}

bool holds_plugins(const std::string& path) {
  return path == "strategies" || path == "heuristics" || path == "sinks" || path == "problems.fusion";
}

/// Turns a section of plugins into a map of names, whatever form the file gave it.
void make_map(YamlNode& section) {
  YamlNode map;
  map.type = YamlNode::Type::map;
  map.mark = section.mark;
  if (section.is_null()) {
    map.base = YamlNode::Base::defaults;
  } else if (section.is_scalar() && section.scalar == "all") {
    map.base = YamlNode::Base::all;
  } else if (section.is_scalar()) {
    map.entries.push_back({section.scalar, section.mark, {}});
  }
  for (YamlNode& item : section.items) {
    if (item.is_scalar()) map.entries.push_back({item.scalar, item.mark, {}});
    for (YamlEntry& entry : item.entries) map.entries.push_back(std::move(entry));
  }
  for (YamlEntry& entry : map.entries) {
    if (entry.value.is_null()) entry.value.mark = entry.mark;
  }
  section = std::move(map);
}

/// Whether a section can become a map. Where it cannot, the validation reports it.
bool can_be_map(const YamlNode& section) {
  return std::ranges::all_of(section.items, [](const YamlNode& item) {
    return item.is_scalar() || (item.is_map() && item.entries.size() == 1);
  });
}

/// The child that `key` names, added if it is missing. Null for a key that `node` cannot have.
YamlNode* step_into(YamlNode& node, const std::string& path, const std::string& key, const YamlMark& mark) {
  const std::optional<std::size_t> index = index_of(key);
  if (node.is_list() && index) {
    if (*index > node.items.size()) return nullptr;
    if (*index == node.items.size()) node.items.emplace_back();
    return &node.items[*index];
  }
  if (holds_plugins(path) && !node.is_map() && can_be_map(node)) make_map(node);
  if (node.is_null()) node.type = YamlNode::Type::map;
  if (!node.is_map()) return nullptr;
  if (node.mark.line == 0) node.mark = mark;
  YamlEntry* entry = node.find(key);
  if (entry == nullptr) entry = &node.entries.emplace_back(YamlEntry{key, mark, {}});
  return &entry->value;
}

/// Applies `key.path=value`, the override of that index.
void apply_override(YamlNode& root, const std::string& override_text, int index, Diagnostics& diagnostics) {
  const YamlMark mark{0, 0, index};
  const std::size_t equals = override_text.find('=');
  const Keys keys = split(std::string_view(override_text).substr(0, equals));
  const bool empty_key = std::ranges::find(keys, "") != keys.end();
  if (equals == std::string::npos || empty_key) {
    diagnostics.add(mark, {}, "allowed: key.path=value, as in measurement.time_target_ms=100");
    return;
  }
  std::optional<YamlNode> value = parse_yaml(override_text.substr(equals + 1), index, diagnostics);
  if (!value) return;
  value->mark = mark;

  YamlNode* node = &root;
  std::string path;
  for (const std::string& key : keys) {
    YamlNode* child = step_into(*node, path, key, mark);
    if (child == nullptr) {
      const std::string allowed = node->is_list() ? fmt::format("an index from 0 to {}", node->items.size())
                                                  : fmt::format("--set {}=... as a whole", path);
      diagnostics.add(mark, path, fmt::format("{} has no {}; allowed: {}", describe(*node), printable(key), allowed));
      return;
    }
    node = child;
    path += (path.empty() ? "" : ".") + key;
  }
  *node = std::move(*value);
}

}  // namespace

ConfigDocument load_document(const std::string& text, const std::string& source,
                             const std::vector<std::string>& overrides) {
  ConfigDocument document{source, {}, Diagnostics(source, overrides)};
  std::optional<YamlNode> root = parse_yaml(text, -1, document.diagnostics);
  if (root && root->is_null()) {
    document.diagnostics.add({}, {}, fmt::format("the file is empty; allowed: {}", allowed_root));
  } else if (root && !root->is_map()) {
    const bool glued = root->is_scalar() && root->scalar.find(':') != std::string::npos;
    const char* hint = glued ? "; is there a space after each ':'?" : "";
    document.diagnostics.add(root->mark, {},
                             fmt::format("found {}; allowed: {}{}", describe(*root), allowed_root, hint));
  }
  if (!root || !root->is_map()) document.diagnostics.throw_if_any();
  document.root = std::move(*root);
  for (std::size_t i = 0; i < overrides.size(); ++i) {
    apply_override(document.root, overrides[i], static_cast<int>(i), document.diagnostics);
  }
  return document;
}

}  // namespace arbiter
