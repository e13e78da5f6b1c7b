#pragma once

#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "arbiter/problem.hpp"
#include "plugin/plugin_host.hpp"

namespace arbiter {

/// What the validation knows of plugins. In every call an empty `backend` means any; it matters for strategies only.
class Catalogue {
 public:
  using Available = std::function<Support(const PluginEntry&)>;
  /// `available` says whether a backend can be used here. The entries outlive the catalogue.
  Catalogue(std::span<const PluginEntry> entries, Available available)
      : entries_(entries), available_(std::move(available)) {}

  [[nodiscard]] const PluginEntry* find(PluginKind kind, std::string_view name, std::string_view backend = {}) const;
  /// Usable plugins, each name once.
  [[nodiscard]] std::vector<std::string> names(PluginKind kind, std::string_view backend = {}) const;
  /// " (x.so was found but refused: ...)" for a file that seems to be the plugin asked for; else empty.
  [[nodiscard]] std::string refusal(PluginKind kind, std::string_view name) const;
  [[nodiscard]] Support available(const PluginEntry& backend) const { return available_(backend); }

 private:
  std::span<const PluginEntry> entries_;
  Available available_;
};

}  // namespace arbiter
