#pragma once

#include <string>
#include <vector>

#include "config/catalogue.hpp"
#include "config/config.hpp"
#include "config/reader.hpp"

namespace arbiter {

/// A section of the YAML that chooses plugins of one kind.
struct ChoiceRules {
  PluginKind kind{};
  std::string backend;                ///< strategies: the backend they run on; empty if that is not known
  std::vector<std::string> defaults;  ///< without the section
  std::vector<std::string> all;       ///< for the word `all`
  bool may_be_empty = false;
  bool may_be_missing = false;  ///< names that are not installed are no mistake
};

/// A name that a section asks for.
struct ChoiceItem {
  std::string name;
  YamlMark mark;
  const YamlNode* parameters = nullptr;  ///< null if none are given
  bool by_name = true;                   ///< false where `all` or a default stands for it
};

/// What the section asks for, whatever its form; null for a section that is not there. Complains about repetitions.
[[nodiscard]] std::vector<ChoiceItem> list_items(const YamlNode* section, const YamlMark& absent_mark,
                                                 const std::string& path, const ChoiceRules& rules,
                                                 Diagnostics& diagnostics);

/// The message about a name that cannot be chosen. `may_be_alias`: it came with parameters, so it may be a name of the
/// person's own that does not say which plugin it stands for.
[[nodiscard]] std::string unknown_choice(const std::string& name, const ChoiceRules& rules, const Catalogue& catalogue,
                                         bool may_be_alias);

/// The choices that are right; the others are complained about. `absent_mark` is where a missing section would be.
[[nodiscard]] std::vector<PluginChoice> read_choices(const YamlNode* section, const YamlMark& absent_mark,
                                                     const std::string& path, const ChoiceRules& rules,
                                                     const Catalogue& catalogue, Diagnostics& diagnostics);

}  // namespace arbiter
