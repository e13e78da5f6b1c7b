// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "arbiter/backend.hpp"
#include "arbiter/fusion.hpp"
#include "arbiter/process_group.hpp"
#include "arbiter/strategy.hpp"
#include "config/config.hpp"
#include "plugin/plugin_host.hpp"

namespace arbiter {

/// The objects that a rank has once, whatever groups it is in.
struct Instances {
  std::shared_ptr<Backend> backend;
  std::map<std::string, std::shared_ptr<Fusion>, std::less<>> fusions;  ///< by the names the YAML gives them
  std::shared_ptr<Fusion> none;                                         ///< no_fusion; null if it is not installed
};

/// Makes the configuration's backend. Throws Error, saying why, if this process cannot use it; PluginError.
[[nodiscard]] std::shared_ptr<Backend> usable_backend(const Config& config, const PluginHost& plugins);

/// Makes the backend and the fusions of a configuration. A fusion that cannot be made is left out and gets a line in
/// `remarks`. Throws PluginError if the YAML asks for it by name, or if no fusion is left. Without a `backend` it is
/// usable_backend().
[[nodiscard]] Instances make_instances(const Config& config, const PluginHost& plugins,
                                       std::vector<std::string>& remarks, std::shared_ptr<Backend> backend = nullptr);

/// Collective. Leaves out the fusions that another rank of the group could not make.
void keep_common(Instances& instances, ProcessGroup& group);

/// The strategies of one process group on this rank, by the names the YAML gives them. Each is made once and keeps its
/// workspaces from problem to problem.
class StrategySet {
 public:
  /// Makes the strategies of a configuration, under the same rules as make_instances(). A remark that is in `remarks`
  /// is not repeated.
  StrategySet(const Config& config, const PluginHost& plugins, std::vector<std::string>& remarks);
  /// Likewise, of the strategies with these names only; they may be none.
  StrategySet(const Config& config, const PluginHost& plugins, std::vector<std::string>& remarks,
              const std::vector<std::string>& names);

  /// Collective. Leaves out what another rank of the group could not make.
  void keep_common(ProcessGroup& group);

  [[nodiscard]] bool contains(const std::string& name) const { return made_.contains(name); }
  /// Makes the strategy first if it was discarded, or if it is installed but not in the configuration. Throws
  /// PluginError.
  [[nodiscard]] Strategy& get(const std::string& name);
  /// Destroys a strategy whose ranks are out of step; get() makes a fresh one. No operation of it may be left.
  void discard(const std::string& name);

 private:
  const Config& config_;
  const PluginHost& plugins_;
  std::map<std::string, std::shared_ptr<Strategy>, std::less<>> made_;  // null if discarded
};

/// What would be made of plugins that are not built in, for PluginHost::refuse_broken_factories(): the backends, and
/// everything that the configuration chooses but these.
[[nodiscard]] std::vector<PluginHost::Creation> foreign_backends(const PluginHost& plugins);
[[nodiscard]] std::vector<PluginHost::Creation> foreign_choices(const Config& config, const PluginHost& plugins);

/// Makes every plugin of the configuration but the backend once, so that parameters a factory refuses are reported
/// before anything runs. Throws ConfigError, naming the file and the key. Other failures are reported where the plugin
/// is used.
void try_factories(const Config& config, const PluginHost& plugins);

}  // namespace arbiter
