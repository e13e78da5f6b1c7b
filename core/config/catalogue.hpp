// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "arbiter/problem.hpp"
#include "config/interpreter.hpp"
#include "plugin/plugin_host.hpp"

namespace arbiter {

/// The installed plugins as the validation sees them. `backend` matters for strategies only; an empty one means any.
class Catalogue {
 public:
  using Available = std::function<Support(const PluginEntry&)>;
  using FindInterpreter = std::function<Interpreter(const std::string& name)>;
  /// `available` tells whether a backend can be used on this machine; without `find_interpreter` no interpreter is
  /// looked for. The entries outlive the catalogue.
  Catalogue(std::span<const PluginEntry> entries, Available available, FindInterpreter find_interpreter = {})
      : entries_(entries), available_(std::move(available)), find_interpreter_(std::move(find_interpreter)) {}

  [[nodiscard]] const PluginEntry* find(PluginKind kind, std::string_view name, std::string_view backend = {}) const {
    return find_plugin(entries_, kind, name, backend);
  }
  [[nodiscard]] std::vector<std::string> names(PluginKind kind, std::string_view backend = {}) const {
    return plugin_names(entries_, kind, backend);
  }
  [[nodiscard]] Support available(const PluginEntry& backend) const { return available_(backend); }
  /// Without a path if none is looked for.
  [[nodiscard]] Interpreter interpreter(const std::string& name) const {
    return find_interpreter_ ? find_interpreter_(name) : Interpreter{};
  }

  /// " (x.so was found but refused: ...)" for a file that seems to hold the plugin of that name; else empty.
  [[nodiscard]] std::string refusal(PluginKind kind, std::string_view name) const;

  /// The message about a name that no plugin has. `may_be_alias`: parameters were given with it, so that it may be the
  /// user's own name for a plugin, which must then be given too.
  [[nodiscard]] std::string unknown(PluginKind kind, const std::string& name, const std::string& backend,
                                    bool may_be_alias) const;

 private:
  std::span<const PluginEntry> entries_;
  Available available_;
  FindInterpreter find_interpreter_;
};

}  // namespace arbiter
