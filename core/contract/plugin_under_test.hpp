#pragma once

#include <functional>
#include <memory>
#include <string>

#include "comm/world.hpp"
#include "contract/contract_checker.hpp"
#include "plugin/plugin_host.hpp"

namespace arbiter {

/// The plugin under check and what is around it.
struct PluginUnderTest {
  const PluginHost& plugins;
  const PluginEntry& entry;
  Parameters parameters;
  World& world;
  ContractChecker& clauses;

  /// A new object of the plugin. Throws PluginError.
  template <class Kind>
  [[nodiscard]] std::shared_ptr<Kind> make() const {
    auto made = plugins.create_as<Kind>(entry, parameters);
    if (made == nullptr) throw PluginError("its factory makes no " + std::string(name_of(entry.kind)));
    return made;
  }
};

/// Each collective over the world: the contract of one kind, told clause by clause.
void check_backend(PluginUnderTest& subject);
void check_strategy(PluginUnderTest& subject);
void check_fusion(PluginUnderTest& subject);
/// These two work on rank 0; the other ranks wait.
void check_heuristic(PluginUnderTest& subject);
void check_sink(PluginUnderTest& subject);

}  // namespace arbiter
