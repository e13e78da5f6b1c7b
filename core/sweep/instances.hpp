#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "arbiter/backend.hpp"
#include "arbiter/fusion.hpp"
#include "arbiter/strategy.hpp"
#include "config/config.hpp"

namespace arbiter {

/// The plugins' objects of one run, by the names the YAML gives them.
struct Instances {
  std::shared_ptr<Backend> backend;
  std::map<std::string, std::shared_ptr<Fusion>, std::less<>> fusions;
  std::map<std::string, std::shared_ptr<Strategy>, std::less<>> strategies;
};

/// Makes the configuration's backend. Throws Error, saying why, if this process cannot use it; PluginError.
[[nodiscard]] std::shared_ptr<Backend> usable_backend(const Config& config, const PluginHost& plugins);

/// Makes the backend, the fusions and the strategies of a configuration. What cannot be made and was not asked for by
/// name is taken out of `config` and goes to `remarks`, a line each; otherwise throws PluginError.
[[nodiscard]] Instances make_instances(Config& config, const PluginHost& plugins, std::vector<std::string>& remarks);

/// Makes every plugin of the configuration but the backend once, so that parameters a factory does not accept are told
/// before anything runs. Throws ConfigError, naming the file and the key; other failures are left to whoever makes the
/// plugin to use it.
void try_factories(const Config& config, const PluginHost& plugins);

/// Makes one strategy (again). Throws PluginError.
[[nodiscard]] std::shared_ptr<Strategy> make_strategy(const Config& config, const PluginHost& plugins,
                                                      const std::string& name);

}  // namespace arbiter
