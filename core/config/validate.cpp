#include "config/validate.hpp"

#include <algorithm>
#include <filesystem>

#include <fmt/format.h>

#include "config/choices.hpp"
#include "sdk/nearest.hpp"

namespace arbiter {

namespace {

const std::vector<std::string> root_keys = {"backend", "problems",    "strategies", "heuristics", "compare",
                                            "sinks",   "measurement", "plugins",    "output_dir", "enable_auto"};

ChoiceRules rules_for(PluginKind kind, const std::string& backend, const Catalogue& catalogue) {
  ChoiceRules rules;
  rules.kind = kind;
  rules.backend = kind == PluginKind::strategy ? backend : "";
  rules.all = catalogue.names(kind, rules.backend);
  if (kind == PluginKind::strategy) std::erase(rules.all, "AUTO");
  rules.defaults = rules.all;
  if (kind == PluginKind::heuristic) {
    std::erase_if(rules.defaults, [](const std::string& name) { return name != "lut" && name != "lp"; });
    std::sort(rules.defaults.rbegin(), rules.defaults.rend());
  }
  rules.may_be_empty = kind == PluginKind::heuristic;
  return rules;
}

std::filesystem::path read_output_dir(const ConfigCursor& root, const std::string& source) {
  const YamlEntry* entry = root.node.find("output_dir");
  if (entry == nullptr) return std::filesystem::path("out") / std::filesystem::path(source).stem();
  const ConfigCursor place = root.at(*entry);
  const std::string text = read_text(entry->value, "", place.reporter()).value_or(".");
  std::error_code error;
  if (text.empty()) place.report("found an empty text; allowed: a folder");
  if (std::filesystem::exists(text, error) && !std::filesystem::is_directory(text, error)) {
    place.report(fmt::format("found {}, which is a file; allowed: a folder", printable(text)));
  }
  return text;
}

void read_enable_auto(const ConfigCursor& root, const Catalogue& catalogue, Config& config) {
  const YamlEntry* entry = root.node.find("enable_auto");
  if (entry == nullptr) return;
  const ConfigCursor place = root.at(*entry);
  config.enable_auto = read_boolean(entry->value, place.reporter()).value_or(false);
  if (!config.enable_auto) return;
  if (!config.backend.empty() && catalogue.find(PluginKind::strategy, "AUTO", config.backend) == nullptr) {
    place.report(fmt::format("found true, but the {} backend has no AUTO strategy installed{}", config.backend,
                             catalogue.refusal(PluginKind::strategy, "AUTO")));
  }
  if (root.node.find("heuristics") != nullptr && config.heuristics.empty()) {
    place.report("found true, but AUTO asks a heuristic and heuristics has none");
  }
}

/// Keys of the sections are often written beside them.
void expect_root_keys(const ConfigCursor& root) {
  static const std::vector<std::string> inner = {"tp_size", "dtype", "fusion", "hidden_size", "num_tokens", "holdout"};
  for (const YamlEntry& entry : root.node.entries) {
    if (std::find(root_keys.begin(), root_keys.end(), entry.key) != root_keys.end()) continue;
    const bool belongs_inside = std::find(inner.begin(), inner.end(), entry.key) != inner.end();
    root.diagnostics.add(entry.mark, entry.key,
                         "unknown key" + (belongs_inside ? fmt::format("; it belongs under problems: (indent it)")
                                                         : suggestion(entry.key, root_keys)));
  }
}

}  // namespace

Config validate(ConfigDocument document, const Catalogue& catalogue, bool data_dir_mode) {
  const ConfigCursor root{document.root, "", document.diagnostics};
  Config config;
  config.source = document.source;
  expect_root_keys(root);
  config.backend = read_backend(root, catalogue, data_dir_mode, config.backend_note);
  read_problems(root, data_dir_mode, config);
  read_holdout(root, config);

  const auto choices = [&](const YamlNode* parent, const char* key, const std::string& path, PluginKind kind) {
    const YamlEntry* entry = parent == nullptr ? nullptr : parent->find(key);
    ChoiceRules rules = rules_for(kind, config.backend, catalogue);
    const bool measured = kind == PluginKind::strategy || kind == PluginKind::fusion;
    rules.may_be_missing = data_dir_mode && measured;
    if (entry == nullptr && rules.defaults.empty() && measured && !data_dir_mode) {
      document.diagnostics.add(document.root.mark, path, fmt::format("no {} plugin is installed", name_of(kind)));
    }
    return read_choices(entry == nullptr ? nullptr : &entry->value, document.root.mark, path, rules, catalogue,
                        document.diagnostics);
  };
  const YamlEntry* problems = document.root.find("problems");
  config.fusions =
      choices(problems == nullptr ? nullptr : &problems->value, "fusion", "problems.fusion", PluginKind::fusion);
  config.strategies = choices(&document.root, "strategies", "strategies", PluginKind::strategy);
  config.heuristics = choices(&document.root, "heuristics", "heuristics", PluginKind::heuristic);
  read_compare(root, document.source, config);
  config.sinks = choices(&document.root, "sinks", "sinks", PluginKind::sink);

  check_problem_count(root, config);
  read_measurement(root, config);
  static_cast<void>(read_plugin_dirs(root, document.source));
  config.output_dir = read_output_dir(root, document.source);
  config.output_dir_given = root.node.find("output_dir") != nullptr;
  read_enable_auto(root, catalogue, config);
  document.diagnostics.throw_if_any();
  return config;
}

}  // namespace arbiter
