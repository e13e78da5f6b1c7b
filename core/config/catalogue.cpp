#include "config/catalogue.hpp"

#include <algorithm>
#include <cctype>

#include <fmt/format.h>

namespace arbiter {

namespace {

bool matches(const PluginEntry& entry, PluginKind kind, std::string_view backend) {
  const bool on_backend = kind != PluginKind::strategy || backend.empty() || entry.backend == backend;
  return entry.refused.empty() && entry.kind == kind && on_backend;
}

/// "ONESHOT" as "_oneshot_": parts of names and of file names that can be compared.
std::string as_words(std::string_view text) {
  std::string words = "_";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    words += std::isalnum(byte) != 0 ? static_cast<char>(std::tolower(byte)) : '_';
  }
  return words + "_";
}

}  // namespace

const PluginEntry* Catalogue::find(PluginKind kind, std::string_view name, std::string_view backend) const {
  const auto found = std::find_if(entries_.begin(), entries_.end(), [&](const PluginEntry& entry) {
    return matches(entry, kind, backend) && entry.name == name;
  });
  return found == entries_.end() ? nullptr : &*found;
}

std::vector<std::string> Catalogue::names(PluginKind kind, std::string_view backend) const {
  std::vector<std::string> names;
  for (const PluginEntry& entry : entries_) {
    const bool known = std::find(names.begin(), names.end(), entry.name) != names.end();
    if (matches(entry, kind, backend) && !known) names.push_back(entry.name);
  }
  return names;
}

std::string Catalogue::refusal(PluginKind kind, std::string_view name) const {
  for (const PluginEntry& entry : entries_) {
    if (entry.refused.empty()) continue;
    const bool named = entry.name == name && entry.kind == kind;
    const bool like_file =
        entry.name.empty() && as_words(entry.file.stem().string()).find(as_words(name)) != std::string::npos;
    if (named || like_file) return fmt::format(" ({} was found but refused: {})", entry.file.string(), entry.refused);
  }
  return {};
}

}  // namespace arbiter
