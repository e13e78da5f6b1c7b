#pragma once

#include <functional>
#include <memory>
#include <string>

#include "arbiter/plugin_host.hpp"
#include "check/clauses.hpp"
#include "launch/world.hpp"

namespace arbiter {

/// The plugin under check and what is around it.
struct Subject {
  const PluginHost& plugins;
  const PluginEntry& entry;
  Parameters parameters;
  World& world;
  Clauses& clauses;

  /// A new object of the plugin. Throws PluginError.
  template <class Kind>
  [[nodiscard]] std::shared_ptr<Kind> make() const {
    auto made = plugins.create_as<Kind>(entry, parameters);
    if (made == nullptr) throw PluginError("its factory makes no " + std::string(name_of(entry.kind)));
    return made;
  }
};

/// Each collective over the world: the contract of one kind, told clause by clause.
void check_backend(Subject& subject);
void check_strategy(Subject& subject);
void check_fusion(Subject& subject);
/// These two work on rank 0; the other ranks wait.
void check_heuristic(Subject& subject);
void check_sink(Subject& subject);

}  // namespace arbiter
