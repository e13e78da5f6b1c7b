#include "config/reader.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "config/nearest.hpp"
#include "config/parameter_reader.hpp"

namespace arbiter {

Complain Place::complaints() const {
  return [place = *this](const YamlMark& mark, const std::string& text) { place.complain(mark, text); };
}

Place Place::at(const YamlEntry& entry) const {
  return {entry.value, path.empty() ? entry.key : path + "." + entry.key, issues};
}

bool expect_map(const Place& place, std::string_view allowed) {
  if (place.node.is_map()) return true;
  place.complain(fmt::format("found {}; allowed: {}", describe(place.node), allowed));
  return false;
}

void expect_keys(const Place& place, std::span<const std::string> keys, std::string_view what) {
  for (const YamlEntry& entry : place.node.entries) {
    if (std::find(keys.begin(), keys.end(), entry.key) != keys.end()) continue;
    place.issues.add(entry.mark, place.at(entry).path, fmt::format("unknown {}{}", what, suggestion(entry.key, keys)));
  }
}

void read_parameters(const Place& place, std::span<const ParameterSpec> specs, Parameters& parameters,
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
    const Place parameter = place.at(*entry);
    std::optional<ParameterValue> value = read_parameter(spec, entry->value, parameter.complaints());
    if (value) parameters.set_checked(spec, std::move(*value));
  }
}

}  // namespace arbiter
