// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "config/diagnostics.hpp"
#include "config/yaml_tree.hpp"

namespace arbiter {

/// A configuration as a tree with its overrides applied, and the mistakes found so far.
struct ConfigDocument {
  std::string source;
  YamlNode root;  ///< a map
  Diagnostics diagnostics;
};

/// Parses the text and applies `overrides`, each `key.path=value`, in order. Throws ConfigError if the text is no YAML
/// map; a wrong override becomes a diagnostic.
[[nodiscard]] ConfigDocument load_document(const std::string& text, const std::string& source,
                                           const std::vector<std::string>& overrides);

}  // namespace arbiter
