#include "setup.hpp"

#include "arbiter/error.hpp"
#include "plugin/search_path.hpp"

namespace arbiter {

void load_plugins(PluginHost& plugins, const Options& options, const std::vector<std::filesystem::path>& from_yaml) {
  const auto load = [&](const std::filesystem::path& dir) { plugins.load_dir(dir); };
  load(built_in_plugin_dir());
  for (const auto& dir : from_yaml) load(dir);
  for (const auto& dir : options.plugin_dirs) load(dir);
  for (const auto& dir : environment_plugin_dirs()) load(dir);
}

std::vector<std::string> overrides_of(const Options& options) {
  auto overrides = options.overrides;
  if (options.enable_auto) overrides.emplace_back("enable_auto=true");
  if (options.probe) overrides.emplace_back("measurement.probe=true");
  return overrides;
}

ConfigText read_config(const Options& options) {
  return options.config.empty() ? ConfigText::builtin(overrides_of(options))
                                : ConfigText::from_file(options.config, overrides_of(options));
}

Config make_config(const Options& options, const ConfigText& text, const PluginHost& plugins) {
  auto config = text.validate(plugins, !options.data_dir.empty());
  if (!options.save_csv_dir.empty()) {
    config.output_dir = options.save_csv_dir;
  } else if (!options.data_dir.empty() && !config.output_dir_given) {
    config.output_dir = options.data_dir;
  }
  if (!options.sm_version.empty() && options.data_dir.empty() && config.backend == "host") {
    throw ConfigError("--sm_version: the host backend measures the processor; its files are named cpu");
  }
  return config;
}

}  // namespace arbiter
