// SPDX-License-Identifier: Apache-2.0
#include "config/validate.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "config/choices.hpp"
#include "config/interpreter.hpp"
#include "config/keys.hpp"
#include "config/problems.hpp"
#include "config/sections.hpp"
#include "sdk/nearest.hpp"

namespace arbiter {

namespace {

void expect_root_keys(const ConfigCursor& root) {
  const std::vector<std::string> root_keys = config_key_names("");
  // Users often forget to indent the keys of `problems`.
  const std::vector<std::string> inner = config_key_names("problems");
  for (const YamlEntry& entry : root.node.entries) {
    if (std::ranges::find(root_keys, entry.key) != root_keys.end()) continue;
    const bool belongs_inside = std::ranges::find(inner, entry.key) != inner.end();
    root.diagnostics.add(entry.mark, entry.key,
                         "unknown key" + (belongs_inside ? "; it belongs under problems: (indent it)"
                                                         : suggestion(entry.key, root_keys)));
  }
}

std::vector<PluginChoice> read_plugins(const ConfigCursor& root, const std::string& path, PluginKind kind,
                                       const Catalogue& catalogue, bool data_dir_mode, const Config& config) {
  const bool measured = kind == PluginKind::strategy || kind == PluginKind::fusion;
  ChoiceRules rules;
  rules.kind = kind;
  rules.backend = kind == PluginKind::strategy ? config.backend : "";
  rules.all = catalogue.names(kind, rules.backend);
  if (kind == PluginKind::strategy) {
    std::erase_if(rules.all, [&](const auto& name) {
      return name == "AUTO" || needs_interpreter(*catalogue.find(kind, name, rules.backend));
    });
  }
  rules.defaults = rules.all;
  if (kind == PluginKind::heuristic) {
    const std::vector<ParameterSpec> specs = {config_key("", "heuristics")};
    rules.defaults = Parameters(specs).texts("heuristics");
    std::erase_if(rules.defaults, [&](const auto& name) { return catalogue.find(kind, name) == nullptr; });
  }
  rules.may_be_empty = kind == PluginKind::heuristic;
  rules.may_be_missing = data_dir_mode && measured;
  rules.folder = std::filesystem::path(config.source).parent_path();
  if (!root.find(path) && rules.defaults.empty() && measured && !data_dir_mode) {
    root.diagnostics.add(root.node.mark, path, fmt::format("no {} plugin is installed", name_of(kind)));
  }
  return read_choices(root, path, rules, catalogue);
}

}  // namespace

std::vector<PluginChoice> read_strategies(ConfigDocument document, const Catalogue& catalogue,
                                          const std::string& backend) {
  const ConfigCursor root{document.root, "", document.diagnostics};
  Config config;
  config.source = document.source;
  config.backend = backend;
  return read_plugins(root, "strategies", PluginKind::strategy, catalogue, true, config);
}

Config validate(ConfigDocument document, const Catalogue& catalogue, bool data_dir_mode) {
  const ConfigCursor root{document.root, "", document.diagnostics};
  Config config;
  config.source = document.source;
  const auto plugins = [&](const std::string& path, PluginKind kind) {
    return read_plugins(root, path, kind, catalogue, data_dir_mode, config);
  };
  expect_root_keys(root);
  read_backend(root, catalogue, data_dir_mode, config);
  read_problems(root, data_dir_mode, config);
  config.fusions = plugins("problems.fusion", PluginKind::fusion);
  check_problem_count(root, config);
  config.strategies = plugins("strategies", PluginKind::strategy);
  config.heuristics = plugins("heuristics", PluginKind::heuristic);
  read_compare(root, config);
  config.sinks = plugins("sinks", PluginKind::sink);
  read_measurement(root, config);
  config.measurement.contexts_given = root.find("measurement.context").has_value();
  static_cast<void>(read_plugin_dirs(root, document.source));
  read_output_dir(root, config);
  read_enable_auto(root, config);
  document.diagnostics.throw_if_any();
  return config;
}

}  // namespace arbiter
