// SPDX-License-Identifier: Apache-2.0
#include "listing.hpp"

#include <algorithm>
#include <string>

#include <fmt/format.h>

#include "sweep/log.hpp"

namespace arbiter {

namespace {

std::string full_name(const PluginEntry& entry) {
  return entry.backend.empty() ? entry.name : fmt::format("{} ({})", entry.name, entry.backend);
}

std::string text_of(const char* text) { return text == nullptr ? std::string{} : std::string{text}; }

}  // namespace

void print_plugins(const PluginHost& plugins) {
  std::size_t width = 4;
  for (const auto& entry : plugins.entries()) width = std::max(width, full_name(entry).size());
  log::say(fmt::format("{:<10} {:<{}} {:<8} {}", "KIND", "NAME", width, "VERSION", "SUMMARY"));
  for (const auto kind :
       {PluginKind::backend, PluginKind::strategy, PluginKind::fusion, PluginKind::heuristic, PluginKind::sink}) {
    for (const auto& entry : plugins.entries()) {
      if (!entry.refused.empty() || entry.kind != kind) continue;
      log::say(
          fmt::format("{:<10} {:<{}} {:<8} {}", name_of(kind), full_name(entry), width, entry.version, entry.summary));
      log::say(fmt::format("{:<10} {}", "", entry.file.string()));
    }
  }
  for (const auto& entry : plugins.entries()) {
    if (!entry.refused.empty()) log::say(fmt::format("refused    {}: {}", entry.file.string(), entry.refused));
  }
}

void print_plugin(const PluginEntry& entry) {
  log::say(fmt::format("{} {}, version {}: {}", name_of(entry.kind), full_name(entry), entry.version, entry.summary));
  log::say(fmt::format("  {}", entry.file.string()));
  if (entry.table_id >= 0) log::say(fmt::format("  in look-up tables: {}", entry.table_id));
  if (entry.parameters.empty()) log::say("  no parameters");
  for (const auto& parameter : entry.parameters) {
    const std::string allowed = text_of(parameter.allowed);
    log::say(fmt::format("  {}: {}   # {}{}", parameter.name, text_of(parameter.default_value), name_of(parameter.type),
                         allowed.empty() ? "" : ", " + allowed));
    if (const auto help = text_of(parameter.help); !help.empty()) log::say(fmt::format("      {}", help));
  }
}

}  // namespace arbiter
