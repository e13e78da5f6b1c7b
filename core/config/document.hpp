#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "config/diagnostics.hpp"
#include "config/yaml_tree.hpp"

namespace arbiter {

/// A configuration with its overrides applied, and the mistakes found on the way.
struct ConfigDocument {
  std::string source;
  YamlNode root;  ///< a map
  Diagnostics diagnostics;
};

/// Throws ConfigError if the text is no YAML map.
[[nodiscard]] ConfigDocument load_document(const std::string& text, const std::string& source,
                                           const std::vector<std::string>& overrides);

/// Applies `key.path=value`; `index` is its place among the overrides.
void apply_override(YamlNode& root, const std::string& override_text, int index, Diagnostics& diagnostics);

/// The folder that a relative path in the YAML starts from.
[[nodiscard]] std::filesystem::path base_of(const std::string& source, const YamlMark& mark);

}  // namespace arbiter
