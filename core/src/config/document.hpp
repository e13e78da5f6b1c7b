#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "arbiter/export.hpp"
#include "config/issues.hpp"
#include "config/yaml_tree.hpp"

namespace arbiter {

/// A configuration with its overrides applied, and the mistakes found on the way.
struct ConfigDocument {
  std::string source;
  YamlNode root;  ///< a map
  Issues issues;
};

/// Throws ConfigError if the text is no YAML map.
[[nodiscard]] ARBITER_EXPORT ConfigDocument load_document(const std::string& text, const std::string& source,
                                                          const std::vector<std::string>& overrides);

/// Applies `key.path=value`; `index` is its place among the overrides.
void apply_override(YamlNode& root, const std::string& override_text, int index, Issues& issues);

/// The folder that a relative path in the YAML starts from.
[[nodiscard]] std::filesystem::path base_of(const std::string& source, const YamlMark& mark);

}  // namespace arbiter
