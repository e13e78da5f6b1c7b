// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <string>
#include <vector>

#include "arbiter/error.hpp"
#include "config/validate.hpp"
#include "plugin/plugin_host.hpp"

namespace arbiter::test {

inline PluginEntry config_entry(PluginKind kind, const std::string& name, std::vector<ParameterSpec> parameters = {}) {
  PluginEntry entry;
  entry.file = "/plugins/" + std::string(name_of(kind)) + "_" + name + ".so";
  entry.kind = kind;
  entry.name = name;
  entry.version = "1";
  entry.parameters = std::move(parameters);
  return entry;
}

inline PluginEntry config_strategy(const std::string& name, const std::string& backend, int table_id,
                                   std::vector<ParameterSpec> parameters = {}) {
  PluginEntry entry = config_entry(PluginKind::strategy, name, std::move(parameters));
  entry.file = "/plugins/" + backend + "_" + name + ".so";
  entry.backend = backend;
  entry.table_id = table_id;
  return entry;
}

/// The plugins of an installation with both backends, one of them refused.
inline std::vector<PluginEntry> config_entries() {
  using enum ParameterType;
  std::vector<PluginEntry> entries = {
      config_entry(PluginKind::backend, "cuda"),
      config_entry(PluginKind::backend, "host"),
      config_strategy("MPI", "host", 100, {{"algorithm", text, "default", "default|ring", ""}}),
      config_strategy("ONESHOT", "host", 4, {{"chunk_kib", integer, "128", "1..65536", ""}}),
      config_strategy("TWOSHOT", "host", 5, {{"chunk_kib", integer, "256", "1..65536", ""}}),
      config_strategy("NCCL", "cuda", 0),
      config_strategy("ONESHOT", "cuda", 4),
      config_entry(PluginKind::fusion, "NONE"),
      config_entry(PluginKind::fusion, "RESIDUAL_RMS_NORM", {{"eps", real, "1e-6", "0..1", ""}}),
      config_entry(PluginKind::heuristic, "lp"),
      config_entry(PluginKind::heuristic, "lut",
                   {{"mode", text, "stable", "argmin|stable", ""},
                    {"tie_percent", real, "2", "0..100", ""},
                    {"fallback", text, "", "", ""}}),
      config_entry(PluginKind::heuristic, "oracle"),
      config_entry(PluginKind::sink, "csv"),
      config_entry(PluginKind::sink, "cpp_table",
                   {{"hidden_sizes", integer_list, "[]", "1..", ""}, {"tags", text_list, "[a]", "a|b", ""}}),
  };
  PluginEntry refused;
  refused.file = "/plugins/strategy_tree_host.so";
  refused.refused = "built for ABI 7, this is 1";
  entries.push_back(refused);
  return entries;
}

/// A machine without a GPU.
inline Support config_host_only(const PluginEntry& backend) {
  return backend.name == "cuda" ? Support::no("no CUDA device is visible") : Support::yes();
}

inline Config config_of(const std::string& text, const std::vector<std::string>& overrides = {},
                        bool data_dir_mode = false, const Catalogue::Available& available = config_host_only) {
  const std::vector<PluginEntry> entries = config_entries();
  return validate(load_document(text, "sweep.yaml", overrides), Catalogue(entries, available), data_dir_mode);
}

inline std::vector<std::string> config_names(const std::vector<PluginChoice>& choices) {
  std::vector<std::string> names(choices.size());
  std::transform(choices.begin(), choices.end(), names.begin(), [](const PluginChoice& choice) { return choice.name; });
  return names;
}

/// The whole message, or "no mistake".
inline std::string config_mistakes(const std::string& text, const std::vector<std::string>& overrides = {},
                                   bool data_dir_mode = false,
                                   const Catalogue::Available& available = config_host_only) {
  try {
    static_cast<void>(config_of(text, overrides, data_dir_mode, available));
  } catch (const ConfigError& error) {
    return error.what();
  }
  return "no mistake";
}

}  // namespace arbiter::test
