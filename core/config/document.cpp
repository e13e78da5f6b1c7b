#include "config/document.hpp"

#include <fmt/format.h>

namespace arbiter {

namespace {

constexpr const char* root_keys = "a map of keys, of which problems says what to measure";

}  // namespace

ConfigDocument load_document(const std::string& text, const std::string& source,
                             const std::vector<std::string>& overrides) {
  ConfigDocument document{source, {}, Diagnostics(source, overrides)};
  std::optional<YamlNode> root = parse_yaml(text, -1, document.diagnostics);
  if (root && root->is_null()) {
    document.diagnostics.add({}, {}, fmt::format("the file is empty; allowed: {}", root_keys));
  } else if (root && !root->is_map()) {
    const bool glued = root->is_scalar() && root->scalar.find(':') != std::string::npos;
    const char* hint = glued ? "; is there a space after each ':'?" : "";
    document.diagnostics.add(root->mark, {}, fmt::format("found {}; allowed: {}{}", describe(*root), root_keys, hint));
  }
  if (!root || !root->is_map()) document.diagnostics.throw_if_any();
  document.root = std::move(*root);
  for (std::size_t i = 0; i < overrides.size(); ++i) {
    apply_override(document.root, overrides[i], static_cast<int>(i), document.diagnostics);
  }
  return document;
}

std::filesystem::path base_of(const std::string& source, const YamlMark& mark) {
  return mark.override_index >= 0 ? std::filesystem::path() : std::filesystem::path(source).parent_path();
}

}  // namespace arbiter
