#include <fmt/format.h>

#include "config/validate.hpp"

namespace arbiter {

std::vector<std::filesystem::path> read_plugin_dirs(const ConfigCursor& root, const std::string& source) {
  std::vector<std::filesystem::path> dirs;
  const YamlEntry* entry = root.node.find("plugins");
  if (entry == nullptr) return dirs;
  const ConfigCursor place = root.at(*entry);
  const auto read = [&](const YamlNode& node) {
    if (!node.is_scalar() || node.scalar.empty()) {
      place.report(node.mark, fmt::format("found {}; allowed: folders", describe(node)));
      return;
    }
    const std::filesystem::path dir = base_of(source, node.mark) / node.scalar;
    std::error_code error;
    if (std::filesystem::is_directory(dir, error)) {
      dirs.push_back(dir);
    } else {
      place.report(node.mark, fmt::format("found {}; allowed: a folder that exists", printable(dir.string())));
    }
  };
  if (!place.node.is_list()) read(place.node);
  for (const YamlNode& item : place.node.items) read(item);
  return dirs;
}

}  // namespace arbiter
