// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <mpi.h>

#include "arbiter/error.hpp"
#include "arbiter/strategy.hpp"
#include "comm/mpi_group.hpp"
#include "plugin/plugin_host.hpp"
#include "plugin/search_path.hpp"

namespace arbiter::test {

using Settings = std::vector<std::pair<std::string, std::string>>;

inline MpiGroup& world() {
  static MpiGroup group(MPI_COMM_WORLD);
  return group;
}

inline PluginHost& plugins() {
  static PluginHost host;
  if (host.entries().empty()) host.load_dir(built_in_plugin_dir());
  return host;
}

template <class Kind>
std::shared_ptr<Kind> make(PluginKind kind, const std::string& name, const Settings& settings = {}) {
  const PluginEntry* entry = plugins().find(kind, name, kind == PluginKind::strategy ? "cuda" : "");
  if (entry == nullptr) throw Error("no plugin " + name + " in " + built_in_plugin_dir().string());
  Parameters parameters(entry->parameters);
  for (const auto& [key, value] : settings) {
    for (const ParameterSpec& spec : entry->parameters) {
      if (spec.name == key) parameters.set_from_text(spec, value);
    }
  }
  return plugins().create_as<Kind>(*entry, parameters);
}

inline Backend& backend() {
  static const auto backend = make<Backend>(PluginKind::backend, "cuda");
  return *backend;
}

}  // namespace arbiter::test
