#include "contract/check_plugin.hpp"

#include <algorithm>
#include <cstdlib>

#include <fmt/format.h>

#include "config/values.hpp"
#include "contract/contract_checker.hpp"
#include "contract/plugin_under_test.hpp"
#include "plugin/search_path.hpp"
#include "sdk/nearest.hpp"
#include "sweep/log.hpp"
#include "sweep/strategy_ids.hpp"

namespace arbiter {

namespace {

constexpr int first_free_id = 100;

std::chrono::seconds patience() {
  constexpr long default_seconds = 60;
  const char* text = std::getenv("ARBITER_CHECK_SECONDS");
  const long seconds = text == nullptr ? default_seconds : std::strtol(text, nullptr, 10);
  if (seconds < 1) throw ConfigError(fmt::format("ARBITER_CHECK_SECONDS: found {}; allowed: 1 and up", text));
  return std::chrono::seconds(seconds);
}

Parameters read_parameters(const PluginEntry& entry, const std::vector<std::string>& texts) {
  Parameters parameters(entry.parameters);
  for (const auto& text : texts) {
    const auto equals = text.find('=');
    const auto name = text.substr(0, equals);
    const auto spec = std::find_if(entry.parameters.begin(), entry.parameters.end(),
                                   [&](const auto& candidate) { return candidate.name == name; });
    if (equals == std::string::npos || spec == entry.parameters.end()) {
      std::vector<std::string> names;
      for (const auto& known : entry.parameters) names.emplace_back(known.name);
      throw ConfigError(
          fmt::format("--set {}: {} has no parameter {}{}", text, entry.name, name, suggestion(name, names)));
    }
    try {
      set_from_yaml(parameters, *spec, text.substr(equals + 1));
    } catch (const ConfigError& error) {
      throw ConfigError(fmt::format("--set {}: {}", text, error.what()));
    }
  }
  return parameters;
}

/// What the descriptor must say beyond what the loader needs.
std::string check_description(const PluginEntry& entry) {
  const auto needs = [](bool holds, const std::string& text) {
    if (!holds) throw ContractViolation(text);
  };
  needs(!entry.version.empty(), "its descriptor has no version");
  needs(!entry.summary.empty(), "its descriptor has no summary");
  needs(entry.summary.find('\n') == std::string::npos, "its summary has more than one line");
  for (const auto& parameter : entry.parameters) {
    needs(parameter.help != nullptr && *parameter.help != '\0',
          fmt::format("parameter {} has no help", parameter.name));
  }
  if (entry.kind == PluginKind::strategy) {
    needs(entry.table_id >= 0, "a strategy needs a table_id: 100 and up for a third party's");
    const bool own = published_table_id(entry.name) == entry.table_id || entry.table_id >= first_free_id ||
                     entry.file.parent_path() == built_in_plugin_dir();
    needs(own, fmt::format("its table_id {} is not its own; a third party's are 100 and up", entry.table_id));
  }
  return fmt::format("{} {}, version {}", name_of(entry.kind), entry.name, entry.version);
}

void check_kind(PluginUnderTest& subject) {
  switch (subject.entry.kind) {
    case PluginKind::backend: return check_backend(subject);
    case PluginKind::strategy: return check_strategy(subject);
    case PluginKind::fusion: return check_fusion(subject);
    case PluginKind::heuristic: return check_heuristic(subject);
    case PluginKind::sink: return check_sink(subject);
  }
}

}  // namespace

ExitCode check_plugin(const PluginHost& plugins, const PluginEntry& entry, const std::vector<std::string>& parameters,
                      World& world, const std::function<void(const std::string&)>& step) {
  ContractChecker clauses(world.all(), patience(), step);
  const bool root = world.all().rank() == 0;
  if (root) log::say(entry.file.string());
  clauses.hold_on_root("it loads", [&]() -> std::string {
    if (!entry.refused.empty()) throw ContractViolation(entry.refused);
    return {};
  });
  if (clauses.broken() > 0) return ExitCode::failed;
  clauses.hold_on_root("its descriptor says what it is", [&] { return check_description(entry); });

  PluginUnderTest subject{plugins, entry, read_parameters(entry, parameters), world, clauses};
  clauses.hold("its factory makes an object", [&]() -> std::string {
    static_cast<void>(subject.plugins.create(entry, subject.parameters));
    return {};
  });
  if (clauses.broken() == 0) check_kind(subject);
  if (root) {
    log::say(clauses.broken() == 0 ? fmt::format("{} keeps its contract", entry.name)
                                   : fmt::format("{} breaks its contract: {} clause{}", entry.name, clauses.broken(),
                                                 clauses.broken() == 1 ? "" : "s"));
  }
  return clauses.broken() == 0 ? ExitCode::done : ExitCode::failed;
}

}  // namespace arbiter
