// SPDX-License-Identifier: Apache-2.0
#include "config/reference.hpp"

#include <algorithm>
#include <iterator>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "arbiter/names.hpp"
#include "sdk/allowed.hpp"

namespace arbiter {

namespace {

constexpr std::string_view introduction = R"(# Configuration

A sweep is one YAML file: `runner --config sweep.yaml`. `--set KEY.PATH=VALUE` replaces one value of it, as in
`--set measurement.seed=7` or `--set strategies.ONESHOT.chunk_kib=64`. Every key is checked before anything runs, and all
mistakes are reported at once. [configs/quickstart.yaml](../configs/quickstart.yaml) is a sweep to start from.

`runner --help-config` prints this page, from the declarations by which the file is checked; with `--plugin_dir` also the
parameters of your own plugins. `runner --list NAME` shows those of one plugin.

A list may be written as one value where it has one. A list of whole numbers may be a range (below).
)";

/// A section of the page: that of the declarations, its title, and what is to know before its keys.
struct PageSection {
  std::string_view section;
  std::string_view title;
  std::string_view text;
};

constexpr PageSection page_sections[] = {
    {"", "The top level", ""},
    {"problems", "`problems`", "At most 100000 problems, those of the holdout included."},
    {"problems.holdout", "`problems.holdout`, each entry", "The entry is the grid of its two lists."},
    {"range", "A range of numbers",
     "`{from: 1, to: 1024, factor: 4}` is `[1, 4, 16, 64, 256, 1024]`; `{from: 8, to: 24, step: 8}` is `[8, 16, 24]`."},
    {"measurement", "`measurement`", ""},
    {"compare", "`compare`, each entry", "Or the file alone; its name is then that of the file."},
    {"strategies.NAME", "`strategies`, under each name",
     "Beside the parameters of the strategy (below): `MPI_RING: {strategy: MPI, algorithm: ring, table_id: 120}`."},
    {"problems.fusion.NAME", "`problems.fusion`, under each name", ""},
    {"heuristics.NAME", "`heuristics`, under each name", ""},
    {"sinks.NAME", "`sinks`, under each name", ""},
};

/// The plugins whose parameters the page has, by kind and for strategies by backend.
struct PageKind {
  PluginKind kind;
  std::string_view backend;
  std::string_view title;
};

constexpr PageKind page_kinds[] = {
    {PluginKind::strategy, "host", "Parameters of strategies on the host"},
    {PluginKind::strategy, "cuda", "Parameters of strategies on GPUs"},
    {PluginKind::strategy, "", "Parameters of strategies on other backends"},
    {PluginKind::fusion, "", "Parameters of fusions"},
    {PluginKind::heuristic, "", "Parameters of heuristics"},
    {PluginKind::sink, "", "Parameters of sinks"},
};

std::string_view text_of(const char* text) { return text == nullptr ? std::string_view() : std::string_view(text); }

/// Text inside a table: what Markdown or HTML would take for its own is escaped outside of code.
std::string cell(std::string_view text) {
  std::string escaped;
  bool is_code = false;
  for (const char c : plain_text(text)) {
    if (c == '`') is_code = !is_code;
    if (c == '|' || (!is_code && (c == '<' || c == '*'))) escaped += '\\';
    escaped += c;
  }
  return escaped;
}

std::string code(std::string_view text) { return text.empty() ? std::string() : fmt::format("`{}`", text); }

std::string allowed_text(const ConfigKey& key) {
  std::vector<std::string> choices = alternatives(text_of(key.spec.allowed));
  std::ranges::transform(choices, choices.begin(), code);
  if (!key.allowed.empty()) choices.emplace_back(key.allowed);
  return fmt::format("{}", fmt::join(choices, ", "));
}

std::string_view type_text(const ConfigKey& key) { return key.type.empty() ? name_of(key.spec.type) : key.type; }

std::string default_text(const ParameterSpec& spec) {
  if (spec.default_value == nullptr) return "must be given";
  const std::string_view value = text_of(spec.default_value);
  if (value.empty()) return "none";
  // Words, as "that of the strategy", but not a list.
  return value.find(' ') != std::string_view::npos && value.front() != '[' ? std::string(value) : code(value);
}

constexpr std::string_view table_head =
    "| key | type | allowed | default | meaning | example |\n|---|---|---|---|---|---|\n";

std::string table_line(const ConfigKey& key) {
  const ParameterSpec& spec = key.spec;
  return fmt::format("| `{}` | {} | {} | {} | {} | {} |\n", spec.name, type_text(key), cell(allowed_text(key)),
                     cell(default_text(spec)), cell(text_of(spec.help)),
                     cell(code(fmt::format("{}: {}", spec.name, example_of(spec)))));
}

bool same_parameters(const PluginEntry& a, const PluginEntry& b) {
  const auto same = [](const ParameterSpec& one, const ParameterSpec& other) {
    return table_line({"", one}) == table_line({"", other});
  };
  return std::ranges::equal(a.parameters, b.parameters, same);
}

bool belongs(const PluginEntry& entry, const PageKind& kind) {
  if (entry.kind != kind.kind || !entry.refused.empty() || entry.name == "AUTO") return false;
  if (kind.kind != PluginKind::strategy) return true;
  const bool has_own_kind = entry.backend == "host" || entry.backend == "cuda";
  return kind.backend.empty() ? !has_own_kind : entry.backend == kind.backend;
}

/// The plugins of a kind; those with the same parameters share a table.
std::string plugins_text(std::span<const PluginEntry> plugins, const PageKind& kind) {
  std::vector<std::vector<const PluginEntry*>> groups;
  for (const PluginEntry& entry : plugins) {
    if (!belongs(entry, kind)) continue;
    const auto group =
        std::ranges::find_if(groups, [&](const auto& others) { return same_parameters(*others.front(), entry); });
    if (group == groups.end()) {
      groups.push_back({&entry});
    } else {
      group->push_back(&entry);
    }
  }
  std::string text;
  if (!groups.empty()) text = fmt::format("\n## {}\n", kind.title);
  for (const auto& group : groups) {
    std::vector<std::string> names;
    names.reserve(group.size());
    for (const PluginEntry* entry : group) names.push_back(code(entry->name));
    fmt::format_to(std::back_inserter(text), "\n### {}\n\n", fmt::join(names, ", "));
    if (group.front()->parameters.empty()) {
      text += "No parameters.\n";
      continue;
    }
    text += table_head;
    for (const ParameterSpec& spec : group.front()->parameters) text += table_line({"", spec});
  }
  return text;
}

}  // namespace

std::string example_of(const ParameterSpec& spec) {
  const std::string_view default_value = text_of(spec.default_value);
  if (const auto example = text_of(spec.example); !example.empty()) return std::string(example);
  if (spec.type == ParameterType::boolean) return default_value == "true" ? "false" : "true";
  for (const std::string& choice : alternatives(text_of(spec.allowed))) {
    if (choice != default_value && choice.find("..") == std::string::npos) return choice;
  }
  return std::string(default_value);
}

std::string configuration_reference(std::span<const PluginEntry> plugins) {
  std::string page(introduction);
  for (const auto& [section, title, about] : page_sections) {
    page += fmt::format("\n## {}\n\n", title);
    if (!about.empty()) page += fmt::format("{}\n\n", about);
    page += table_head;
    for (const ConfigKey& key : config_keys()) {
      if (key.section == section) page += table_line(key);
    }
  }
  for (const PageKind& kind : page_kinds) page += plugins_text(plugins, kind);
  return page;
}

}  // namespace arbiter
