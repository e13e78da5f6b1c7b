#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "arbiter/parameters.hpp"
#include "config/diagnostics.hpp"
#include "config/values.hpp"

namespace arbiter {

/// A key's value in its path, and where its mistakes go.
struct ConfigCursor {
  const YamlNode& node;
  std::string path;
  Diagnostics& diagnostics;

  void report(std::string_view text) const { diagnostics.add(node.mark, path, text); }
  /// The same for a part of the value.
  void report(const YamlMark& mark, std::string_view text) const { diagnostics.add(mark, path, text); }
  [[nodiscard]] Reporter reporter() const;
  /// A key of this map. The entry must be there.
  [[nodiscard]] ConfigCursor at(const YamlEntry& entry) const;
};

/// Complains about a value that is no map. `example` shows what is allowed.
[[nodiscard]] bool expect_map(const ConfigCursor& place, std::string_view allowed);

/// Complains about keys of a map that are not among `keys`; `what` is "key" or "parameter".
void expect_keys(const ConfigCursor& place, std::span<const std::string> keys, std::string_view what = "key");

/// Sets the parameters that a map gives; null gives none. The keys in `besides` are somebody else's.
void read_parameters(const ConfigCursor& place, std::span<const ParameterSpec> specs, Parameters& parameters,
                     std::span<const std::string> besides = {});

}  // namespace arbiter
