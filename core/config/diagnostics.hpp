// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "config/yaml_tree.hpp"

namespace arbiter {

/// The mistakes of one configuration, collected so that a user sees all of them at once.
class Diagnostics {
 public:
  /// `source` names the text in messages; without one they carry no position. `overrides` are the --set texts that
  /// YamlMark::override_index counts.
  explicit Diagnostics(std::string source, std::vector<std::string> overrides = {});

  /// `path` is the key ("problems.tp_size"), or empty for the whole text.
  void add(const YamlMark& mark, std::string_view path, std::string_view text);
  [[nodiscard]] bool empty() const { return diagnostics_.empty(); }

  /// One line per mistake, "file:line:column: key: text", in the order of the file, then of the overrides. Mistakes
  /// after the two hundredth are only counted.
  [[nodiscard]] std::string message() const;
  /// Throws ConfigError with message() unless there is no mistake.
  void throw_if_any() const;

 private:
  struct Diagnostic {
    YamlMark mark;
    std::string line;
  };
  [[nodiscard]] std::string prefix(const YamlMark& mark, std::string_view path) const;

  std::string source_;
  std::vector<std::string> overrides_;
  std::vector<Diagnostic> diagnostics_;
  std::size_t omitted_ = 0;
};

/// One value of the configuration, the path of its key, and where its mistakes are reported.
struct ConfigCursor {
  const YamlNode& node;
  std::string path;  ///< "problems.tp_size"; empty for the whole configuration
  Diagnostics& diagnostics;

  void report(std::string_view text) const { diagnostics.add(node.mark, path, text); }
  /// Reports a mistake at another position: that of a key or of an item.
  void report(const YamlMark& mark, std::string_view text) const { diagnostics.add(mark, path, text); }

  [[nodiscard]] ConfigCursor at(const YamlEntry& entry) const;
  /// The value under a path of keys ("problems.holdout"); nothing if a key is missing.
  [[nodiscard]] std::optional<ConfigCursor> find(std::string_view keys) const;

  /// The items of a list; a value that is no list counts as a list of one.
  [[nodiscard]] std::span<const YamlNode> items() const;
  /// An item under the path of the whole list, for lists of plain values.
  [[nodiscard]] ConfigCursor item(const YamlNode& item) const { return {item, path, diagnostics}; }
  /// An item under a path with its index ("compare.0"), for lists of maps.
  [[nodiscard]] ConfigCursor item(std::size_t index) const;
};

/// Reports a value that is no map. `allowed` says what the map may hold.
[[nodiscard]] bool expect_map(const ConfigCursor& cursor, std::string_view allowed);

/// Reports each key of a map that is not among `keys`; false if there is one. `what` is "key" or "parameter".
bool expect_keys(const ConfigCursor& cursor, std::span<const std::string> keys, std::string_view what = "key");

/// The new name of a key, a parameter or a plugin that an earlier version had, as the end of a message ("; it is called
/// measurement.probe now"). Empty for a name that no version had. `path` is the full one ("measurement.limits",
/// "strategies.ONESHOT.alone", "sinks.floor_distance").
[[nodiscard]] std::string renamed(std::string_view path);

}  // namespace arbiter
