#pragma once

#include <memory>
#include <optional>
#include <string>

#include <fmt/format.h>

#include "arbiter/error.hpp"
#include "plugin/plugin_host.hpp"

namespace arbiter {

/// Finds a plugin and makes an object of it, with its defaults if no parameters are given. Throws PluginError: which
/// plugin, and what was wrong with it.
template <class Kind>
std::shared_ptr<Kind> make_plugin(const PluginHost& plugins, PluginKind kind, const std::string& name,
                                  const std::optional<Parameters>& parameters = std::nullopt,
                                  const std::string& backend = {}) {
  const auto* entry = plugins.find(kind, name, backend);
  if (entry == nullptr) throw PluginError(fmt::format("there is no {} plugin {}", name_of(kind), name));
  auto made = plugins.create_as<Kind>(*entry, parameters ? *parameters : Parameters(entry->parameters));
  if (made == nullptr) {
    throw PluginError(fmt::format("{}: its factory makes no {}", entry->file.string(), name_of(kind)));
  }
  return made;
}

}  // namespace arbiter
