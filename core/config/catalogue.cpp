// SPDX-License-Identifier: Apache-2.0
#include "config/catalogue.hpp"

#include <cctype>

#include <fmt/format.h>

#include "config/diagnostics.hpp"
#include "sdk/nearest.hpp"

namespace arbiter {

namespace {

/// "ONESHOT" as "_oneshot_", so that plugin names can be found in file names.
std::string as_words(std::string_view text) {
  std::string words = "_";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    words += std::isalnum(byte) != 0 ? static_cast<char>(std::tolower(byte)) : '_';
  }
  return words + "_";
}

/// The section of the YAML that chooses plugins of a kind.
std::string_view section_of(PluginKind kind) {
  switch (kind) {
    case PluginKind::backend: return "backend";
    case PluginKind::strategy: return "strategies";
    case PluginKind::fusion: return "problems";
    case PluginKind::heuristic: return "heuristics";
    case PluginKind::sink: return "sinks";
  }
  return "";
}

}  // namespace

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

std::string Catalogue::unknown(PluginKind kind, const std::string& name, const std::string& backend,
                               bool may_be_alias) const {
  const std::string_view kind_name = name_of(kind);
  std::string text = fmt::format("unknown {} {}", kind_name, printable(name));
  if (const PluginEntry* other = find(kind, name)) {
    text = fmt::format("{} is a strategy of the {} backend; this run is on {}", name, other->backend, backend);
  } else if (kind == PluginKind::strategy && !backend.empty()) {
    text += fmt::format(" of the {} backend", backend);
  }
  text += refusal(kind, name);
  if (const std::string now = renamed(fmt::format("{}.{}", section_of(kind), name)); !now.empty()) return text + now;

  std::vector<std::string> known = names(kind, backend);
  std::erase(known, "AUTO");
  if (known.empty()) return fmt::format("{}; no {} is installed", text, kind_name);
  text += suggestion(name, known);
  if (may_be_alias) text += fmt::format("; your own name for a {0} needs {0}: <name>", kind_name);
  return text;
}

}  // namespace arbiter
