#pragma once

#include <filesystem>
#include <vector>

#include "config/config.hpp"
#include "options.hpp"
#include "plugin/plugin_host.hpp"

namespace arbiter {

/// Loads every plugin that can be found, in the documented order, so that a name that occurs twice belongs to the first
/// folder.
void load_plugins(PluginHost& plugins, const Options& options, const std::vector<std::filesystem::path>& from_yaml);

/// The YAML file, or the built-in one, with the overrides of the command line. Throws ConfigError.
[[nodiscard]] ConfigText read_config(const Options& options);

/// Options that have a key in the YAML are overrides of it, so they are checked as it is.
[[nodiscard]] std::vector<std::string> overrides_of(const Options& options);

/// The whole configuration. What the command line says stands above what the YAML says. Throws ConfigError.
[[nodiscard]] Config make_config(const Options& options, const ConfigText& text, const PluginHost& plugins);

}  // namespace arbiter
