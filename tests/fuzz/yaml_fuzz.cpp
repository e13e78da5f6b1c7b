// SPDX-License-Identifier: Apache-2.0
// The YAML of a sweep. What stands behind a zero byte is an override (--set).
#include <array>

#include "arbiter/error.hpp"
#include "config/thresholds_file.hpp"
#include "config/validate.hpp"
#include "fuzz_input.hpp"

namespace {

using namespace arbiter;

/// A parameter of each type.
constexpr ParameterSpec parameters[] = {
    {"on", ParameterType::boolean, "true", "", ""},
    {"chunk_kib", ParameterType::integer, "64", "0|8..4096", ""},
    {"share", ParameterType::real, "0.5", "0.1..1", ""},
    {"algorithm", ParameterType::text, "ring", "ring|tree", ""},
    {"sizes", ParameterType::integer_list, "[1, 2]", "1..64", ""},
    {"names", ParameterType::text_list, "[a]", "a|b|c", ""},
};

std::vector<PluginEntry> installed() {
  std::vector<PluginEntry> entries;
  const auto add = [&](PluginKind kind, const char* name, const char* backend, int id) {
    PluginEntry entry;
    entry.file = std::string(name) + ".so";
    entry.kind = kind;
    entry.name = name;
    entry.backend = backend;
    entry.table_id = id;
    entry.parameters.assign(std::begin(parameters), std::end(parameters));
    entries.push_back(entry);
  };
  add(PluginKind::backend, "host", "", -1);
  add(PluginKind::strategy, "MPI", "host", 0);
  add(PluginKind::strategy, "ONESHOT", "host", 4);
  add(PluginKind::fusion, "NONE", "", -1);
  add(PluginKind::heuristic, "lut", "", -1);
  add(PluginKind::sink, "csv", "", -1);
  return entries;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const auto entries = installed();
  static const Catalogue catalogue(entries, [](const PluginEntry&) { return Support::yes(); });
  const auto input = fuzz::text_of(data, size);
  const auto zero = input.find('\0');
  const std::string text(input.substr(0, zero));
  std::vector<std::string> overrides;
  if (zero != std::string_view::npos) overrides.emplace_back(input.substr(zero + 1));
  for (const bool data_dir_mode : {false, true}) {
    try {
      const Config config = validate(load_document(text, "sweep.yaml", overrides), catalogue, data_dir_mode);
      for (const auto tp_size : config.tp_sizes) fuzz::require(tp_size >= 1, "a tp size below one");
      for (const auto tokens : config.num_tokens) fuzz::require(tokens >= 1, "a number of tokens below one");
    } catch (const Error& error) {
      fuzz::require(*error.what() != '\0', "a mistake without words");
    }
  }
  try {
    if (holds_thresholds(text)) static_cast<void>(read_thresholds("thresholds.yaml", text, "file"));
  } catch (const Error&) {
  }
  return 0;
}
