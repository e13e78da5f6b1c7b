// SPDX-License-Identifier: Apache-2.0
#include "config/sections.hpp"

#include <algorithm>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "config/keys.hpp"
#include "config/values.hpp"
#include "sdk/nearest.hpp"

namespace arbiter {

namespace fs = std::filesystem;

namespace {

constexpr const char* allowed_compare =
    "a file, or a map with file and name, as in {name: trtllm, file: tables/generated_lookup_table.cpp}";

/// The folder that a relative path starts from: that of the file, or for an override the current one.
fs::path base_of(const std::string& source, const YamlMark& mark) {
  return mark.override_index >= 0 ? fs::path() : fs::path(source).parent_path();
}

/// The backend that `auto` stands for; empty if there is none. `note` says why it is not cuda.
std::string best_backend(const Catalogue& catalogue, std::string& note) {
  if (const PluginEntry* cuda = catalogue.find(PluginKind::backend, "cuda")) {
    const Support support = catalogue.available(*cuda);
    if (support) return "cuda";
    note = "cuda: " + support.reason;
  } else {
    note = "cuda: no such backend plugin" + catalogue.refusal(PluginKind::backend, "cuda");
  }
  const PluginEntry* host = catalogue.find(PluginKind::backend, "host");
  return host != nullptr && catalogue.available(*host) ? "host" : "";
}

/// The contexts of the backends that Arbiter has; of another backend's any may be asked for.
std::vector<Context> possible_contexts(const std::string& backend) {
  if (backend == "cuda") return {Context::engine, Context::engine_early, Context::back_to_back};
  if (backend == "host") return {Context::isolated, Context::back_to_back};
  return {Context::back_to_back, Context::isolated, Context::engine, Context::engine_early};
}

std::vector<Context> usual_contexts(const std::string& backend) {
  if (backend == "cuda") return {Context::engine, Context::back_to_back};
  return {possible_contexts(backend).front()};
}

std::vector<Context> read_contexts(const ConfigCursor& measurement, const std::vector<std::string>& names,
                                   const std::string& backend) {
  if (names.empty()) return usual_contexts(backend);
  const auto cursor = measurement.find("context");
  const auto possible = possible_contexts(backend);
  std::vector<Context> contexts;
  for (const auto& name : names) {
    const Context context = parse_context(name).value_or(possible.front());
    if (std::ranges::find(possible, context) == possible.end()) {
      std::vector<std::string> allowed;
      allowed.reserve(possible.size());
      for (const Context each : possible) allowed.emplace_back(name_of(each));
      cursor->report(fmt::format("the backend {} has no {}; allowed: {}", backend, name, fmt::join(allowed, ", ")));
    } else if (std::ranges::find(contexts, context) != contexts.end()) {
      cursor->report(fmt::format("{} is given twice", name));
    } else {
      contexts.push_back(context);
    }
  }
  return contexts;
}

/// `values` with the contexts that are measured, also where none were given.
void keep_keys(const Parameters& values, Config& config) {
  std::vector<std::string> contexts;
  for (const Context context : config.measurement.contexts) contexts.emplace_back(name_of(context));
  config.measurement_keys = values;
  config.measurement_keys.set(config_key("measurement", "context"), std::move(contexts));
}

/// The text under a key of a map; empty if it is missing or wrong.
std::string text_under(const ConfigCursor& map, const char* key) {
  const auto cursor = map.find(key);
  if (!cursor) return {};
  const auto text = read_text(*cursor, "");
  if (text && text->empty()) cursor->report("found an empty text; allowed: a text");
  return text.value_or("");
}

/// The file and the part of "decision.json#lp", one of the decisions in a file.
std::pair<std::string, std::string> split_off_part(const std::string& file) {
  const std::size_t hash = file.rfind('#');
  if (hash == std::string::npos || file.find('/', hash) != std::string::npos) return {file, ""};
  return {file.substr(0, hash), file.substr(hash)};
}

void read_compared_file(const ConfigCursor& entry, Config& config) {
  ComparedFile compared;
  std::string file = entry.node.scalar;
  YamlMark mark = entry.node.mark;
  if (!entry.node.is_scalar()) {
    if (!expect_map(entry, allowed_compare)) return;
    expect_keys(entry, config_key_names("compare"));
    file = text_under(entry, "file");
    compared.name = text_under(entry, "name");
    if (const auto given = entry.find("file")) {
      mark = given->node.mark;
    } else {
      entry.report(fmt::format("file is missing; allowed: {}", allowed_compare));
    }
  }
  if (file.empty()) return;
  compared.file = base_of(config.source, mark) / file;
  const auto [on_disk, part] = split_off_part(compared.file.string());
  if (compared.name.empty()) compared.name = fs::path(on_disk).stem().string() + part;
  if (std::error_code error; !fs::is_regular_file(on_disk, error)) {
    entry.report(fmt::format("found {}; allowed: a file that exists", printable(compared.file.string())));
  }
  if (std::ranges::find(config.heuristics, compared.name, &PluginChoice::name) != config.heuristics.end()) {
    entry.report(fmt::format("{} is a heuristic of this run; allowed: another name", printable(compared.name)));
  } else if (std::ranges::find(config.compare, compared.name, &ComparedFile::name) != config.compare.end()) {
    entry.report(fmt::format("{} is given twice; allowed: a different name for each", printable(compared.name)));
  }
  config.compare.push_back(std::move(compared));
}

}  // namespace

void read_backend(const ConfigCursor& root, const Catalogue& catalogue, bool data_dir_mode, Config& config) {
  const auto cursor = root.find("backend");
  if (!cursor || (cursor->node.is_scalar() && cursor->node.scalar == "auto")) {
    config.backend = best_backend(catalogue, config.backend_note);
    if (config.backend.empty() && data_dir_mode) config.backend = "host";
    if (!config.backend.empty()) return;
    root.diagnostics.add(cursor ? cursor->node.mark : root.node.mark, "backend",
                         fmt::format("neither cuda nor host can be used{}; {}",
                                     catalogue.refusal(PluginKind::backend, "host"), config.backend_note));
    return;
  }
  std::vector<std::string> names = catalogue.names(PluginKind::backend);
  names.insert(names.begin(), "auto");
  for (const char* known : {"host", "cuda"}) {
    if (data_dir_mode && std::ranges::find(names, known) == names.end()) names.emplace_back(known);
  }
  const YamlNode& node = cursor->node;
  if (!node.is_scalar() || std::ranges::find(names, node.scalar) == names.end()) {
    const std::string refused = node.is_scalar() ? catalogue.refusal(PluginKind::backend, node.scalar) : "";
    cursor->report(fmt::format("found {}{}{}", describe(node), refused, suggestion(node.scalar, names)));
    return;
  }
  config.backend = node.scalar;
  if (data_dir_mode) return;
  const Support support = catalogue.available(*catalogue.find(PluginKind::backend, node.scalar));
  if (support) return;
  const char* hint = node.scalar == "cuda" ? "; --dry-run --assume sm90x4 plans for GPUs that are not here" : "";
  cursor->report(fmt::format("{} cannot be used here: {}{}", node.scalar, support.reason, hint));
}

void read_measurement(const ConfigCursor& root, Config& config) {
  const std::vector<ParameterSpec> specs = config_specs("measurement");
  Parameters values(specs);
  config.measurement.contexts = usual_contexts(config.backend);
  keep_keys(values, config);
  const auto cursor = root.find("measurement");
  if (!cursor || !expect_map(*cursor, "a map with precision_percent, time_target_ms, ...")) return;
  read_parameters(*cursor, specs, values);
  config.measurement = {.precision_percent = values.real("precision_percent"),
                        .time_target_ms = values.integer("time_target_ms"),
                        .min_samples = values.integer("min_samples"),
                        .max_samples = values.integer("max_samples"),
                        .min_sample_us = values.real("min_sample_us"),
                        .timeout_ms = values.integer("timeout_ms"),
                        .seed = values.integer("seed"),
                        .contexts = read_contexts(*cursor, values.texts("context"), config.backend),
                        .neighbour_mib = values.real("neighbour_mib"),
                        .neighbour_us = values.real("neighbour_us"),
                        .skew_us = values.real("skew_us"),
                        .graph = values.boolean("graph"),
                        .probe = values.boolean("probe")};
  keep_keys(values, config);
  const MeasurementConfig& measurement = config.measurement;
  if (measurement.max_samples >= measurement.min_samples) return;
  const auto given = cursor->find("max_samples");
  root.diagnostics.add(given ? given->node.mark : cursor->node.find("min_samples")->value.mark,
                       "measurement.max_samples",
                       fmt::format("found {}; allowed: at least min_samples, which is {}", measurement.max_samples,
                                   measurement.min_samples));
}

void read_compare(const ConfigCursor& root, Config& config) {
  const auto cursor = root.find("compare");
  if (!cursor) return;
  for (std::size_t i = 0; i < cursor->items().size(); ++i) read_compared_file(cursor->item(i), config);
}

std::vector<fs::path> read_plugin_dirs(const ConfigCursor& root, const std::string& source) {
  std::vector<fs::path> dirs;
  const auto cursor = root.find("plugins");
  if (!cursor) return dirs;
  for (const YamlNode& item : cursor->items()) {
    if (!item.is_scalar() || item.scalar.empty()) {
      cursor->report(item.mark, fmt::format("found {}; allowed: folders", describe(item)));
      continue;
    }
    fs::path dir = base_of(source, item.mark) / item.scalar;
    if (std::error_code error; fs::is_directory(dir, error)) {
      dirs.push_back(std::move(dir));
    } else {
      cursor->report(item.mark, fmt::format("found {}; allowed: a folder that exists", printable(dir.string())));
    }
  }
  return dirs;
}

void read_output_dir(const ConfigCursor& root, Config& config) {
  const auto cursor = root.find("output_dir");
  if (!cursor) {
    config.output_dir = fs::path("out") / fs::path(config.source).stem();
    return;
  }
  config.output_dir = read_text(*cursor, "").value_or(".");
  std::error_code error;
  if (config.output_dir.empty()) cursor->report("found an empty text; allowed: a folder");
  if (fs::exists(config.output_dir, error) && !fs::is_directory(config.output_dir, error)) {
    cursor->report(fmt::format("found {}, which is a file; allowed: a folder", printable(config.output_dir.string())));
  }
}

void read_enable_auto(const ConfigCursor& root, Config& config) {
  const auto cursor = root.find("enable_auto");
  config.enable_auto = cursor && read_boolean(*cursor).value_or(false);
  if (!config.enable_auto) return;
  if (root.find("heuristics") && config.heuristics.empty()) {
    cursor->report("found true, but AUTO asks a heuristic and heuristics has none");
  }
}

}  // namespace arbiter
