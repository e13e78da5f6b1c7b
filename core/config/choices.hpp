// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "config/catalogue.hpp"
#include "config/config.hpp"
#include "config/diagnostics.hpp"

namespace arbiter {

/// The rules of a section that chooses plugins of one kind.
struct ChoiceRules {
  PluginKind kind{};
  std::string backend;                ///< strategies: the backend they run on; empty if it is unknown
  std::vector<std::string> defaults;  ///< chosen where the section is missing
  std::vector<std::string> all;       ///< what the name `all` stands for
  bool may_be_empty = false;
  bool may_be_missing = false;   ///< a name that is not installed is no mistake
  std::filesystem::path folder;  ///< what a relative path in the text starts from
};

/// Reads the plugins that a section chooses, with their parameters. A section is a name, `all`, a list of names (each
/// may be a map of the name and its parameters) or a map of names and parameters. Returns the correct choices and
/// reports the others. `path` is "strategies", "heuristics", "sinks" or "problems.fusion".
[[nodiscard]] std::vector<PluginChoice> read_choices(const ConfigCursor& root, const std::string& path,
                                                     const ChoiceRules& rules, const Catalogue& catalogue);

}  // namespace arbiter
