#include "config/reader.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "config/parameter_reader.hpp"
#include "config/renamed.hpp"
#include "sdk/nearest.hpp"

namespace arbiter {

Reporter ConfigCursor::reporter() const {
  return [place = *this](const YamlMark& mark, const std::string& text) { place.report(mark, text); };
}

ConfigCursor ConfigCursor::at(const YamlEntry& entry) const {
  return {entry.value, path.empty() ? entry.key : path + "." + entry.key, diagnostics};
}

bool expect_map(const ConfigCursor& place, std::string_view allowed) {
  if (place.node.is_map()) return true;
  place.report(fmt::format("found {}; allowed: {}", describe(place.node), allowed));
  return false;
}

void expect_keys(const ConfigCursor& place, std::span<const std::string> keys, std::string_view what) {
  for (const YamlEntry& entry : place.node.entries) {
    if (std::find(keys.begin(), keys.end(), entry.key) != keys.end()) continue;
    const std::string path = place.at(entry).path;
    const std::string now = renamed(path);
    place.diagnostics.add(entry.mark, path,
                          fmt::format("unknown {}{}", what, now.empty() ? suggestion(entry.key, keys) : now));
  }
}

void read_parameters(const ConfigCursor& place, std::span<const ParameterSpec> specs, Parameters& parameters,
                     std::span<const std::string> besides) {
  if (place.node.is_null()) return;
  std::vector<std::string> names;
  for (const ParameterSpec& spec : specs) names.emplace_back(spec.name);
  names.insert(names.end(), besides.begin(), besides.end());
  if (!expect_map(place, "a map of parameters, or nothing")) return;
  expect_keys(place, names, "parameter");
  for (const ParameterSpec& spec : specs) {
    const YamlEntry* entry = place.node.find(spec.name);
    if (entry == nullptr) continue;
    const ConfigCursor parameter = place.at(*entry);
    std::optional<ParameterValue> value = read_parameter(spec, entry->value, parameter.reporter());
    if (value) parameters.set(spec, std::move(*value));
  }
}

}  // namespace arbiter
