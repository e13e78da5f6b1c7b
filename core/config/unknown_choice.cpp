#include <fmt/format.h>

#include "config/choices.hpp"
#include "config/renamed.hpp"
#include "sdk/nearest.hpp"

namespace arbiter {

namespace {

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

std::string unknown_choice(const std::string& name, const ChoiceRules& rules, const Catalogue& catalogue,
                           bool may_be_alias) {
  const std::string_view kind = name_of(rules.kind);
  std::vector<std::string> names = catalogue.names(rules.kind, rules.backend);
  std::erase(names, "AUTO");
  std::string text = fmt::format("unknown {} {}", kind, printable(name));
  if (const PluginEntry* other = catalogue.find(rules.kind, name)) {
    text = fmt::format("{} is a strategy of the {} backend; this run is on {}", name, other->backend, rules.backend);
  } else if (rules.kind == PluginKind::strategy && !rules.backend.empty()) {
    text += fmt::format(" of the {} backend", rules.backend);
  }
  text += catalogue.refusal(rules.kind, name);
  if (const std::string now = renamed(fmt::format("{}.{}", section_of(rules.kind), name)); !now.empty())
    return text + now;
  text += names.empty() ? fmt::format("; no {} is installed", kind) : suggestion(name, names);
  if (may_be_alias && !names.empty()) {
    text += fmt::format("; a name of your own also says which it is: {}: <name>", kind);
  }
  return text;
}

}  // namespace arbiter
