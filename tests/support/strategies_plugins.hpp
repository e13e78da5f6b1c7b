// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdlib>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include <mpi.h>

#include "arbiter/strategy.hpp"
#include "comm/mpi_group.hpp"
#include "plugin/plugin_host.hpp"
#include "plugin/search_path.hpp"

namespace arbiter::testing {

/// All ranks of the test. The first call is collective.
inline MpiGroup& world() {
  static MpiGroup group(MPI_COMM_WORLD);
  return group;
}

/// The plugins of the build tree, as the runner loads them, or of the folder that ARBITER_TEST_PLUGINS names.
inline PluginHost& plugins() {
  static PluginHost host;
  if (host.entries().empty()) {
    const char* elsewhere = std::getenv("ARBITER_TEST_PLUGINS");
    host.load_dir(elsewhere != nullptr ? elsewhere : built_in_plugin_dir());
  }
  return host;
}

using Settings = std::vector<std::pair<std::string, std::string>>;

template <class Kind>
std::shared_ptr<Kind> make(PluginKind kind, const std::string& name, const Settings& settings = {},
                           const std::string& backend = "host") {
  const PluginEntry* entry = plugins().find(kind, name, kind == PluginKind::strategy ? backend : "");
  if (entry == nullptr) throw std::runtime_error("no plugin " + name + " in " + built_in_plugin_dir().string());
  Parameters parameters(entry->parameters);
  for (const auto& [key, value] : settings) {
    for (const ParameterSpec& spec : entry->parameters) {
      if (spec.name == key) parameters.set_from_text(spec, value);
    }
  }
  return plugins().create_as<Kind>(*entry, parameters);
}

inline std::shared_ptr<Strategy> make_strategy(const std::string& name, const Settings& settings = {}) {
  return make<Strategy>(PluginKind::strategy, name, settings);
}

inline Backend& host_backend() {
  static const std::shared_ptr<Backend> backend = make<Backend>(PluginKind::backend, "host");
  return *backend;
}

inline Preparation preparation(const Problem& problem, const Fusion& fusion,
                               std::chrono::milliseconds timeout = std::chrono::seconds(60)) {
  return {problem, world(), host_backend(), fusion, timeout, {}};
}

}  // namespace arbiter::testing
