// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "config/config.hpp"
#include "plugin/plugin_host.hpp"
#include "sweep/assumed_gpus.hpp"

namespace arbiter {

/// What the command line asks for.
struct Options {
  std::filesystem::path config;
  std::filesystem::path data_dir;
  std::filesystem::path output_dir;
  std::vector<std::filesystem::path> diff;  ///< empty, or the two sides
  double diff_threshold = 0.05;             ///< a share
  std::optional<double> fail_on;            ///< likewise
  std::string sm_version;                   ///< digits, or empty
  std::vector<std::filesystem::path> plugin_dirs;
  std::vector<std::string> overrides;  ///< key.path=value
  bool enable_auto = false;
  bool probe = false;
  bool resume = false;  ///< continue the unfinished run in the output folder
  bool skip_bad_rows = false;
  bool allow_mixed = false;
  bool help_config = false;
  bool list = false;
  std::string listed;           ///< the plugin to describe; empty for an overview
  std::filesystem::path check;  ///< the plugin whose contract is checked
  int check_ranks = 4;
  bool dry_run = false;
  std::optional<AssumedGpus> assume;      ///< with dry_run: the GPUs to plan for
  std::vector<std::string> command_line;  ///< as it was given, for the record of the run
};

/// Parses and checks the command line. `--help`, `--version` and mistakes end the process with 0, 0 and 2.
[[nodiscard]] Options parse_options(int argc, char** argv);

/// Loads all plugins, in the documented order of their folders: if a name occurs twice, the first folder has it.
void load_plugins(PluginHost& plugins, const Options& options, const std::vector<std::filesystem::path>& from_yaml);

/// The YAML file, or the built-in one, with the overrides of the command line. Throws ConfigError.
[[nodiscard]] ConfigText read_config(const Options& options);

/// The overrides of the command line. Options that have a key in the YAML become overrides of that key, so that they
/// are checked like it.
[[nodiscard]] std::vector<std::string> overrides_of(const Options& options);

/// One line for each refused file.
void warn_of_refused_plugins(const PluginHost& plugins);

/// The checked configuration, without plugins whose factories break a child process, which get a line; the command line
/// takes precedence over the YAML. `finds_interpreters` is as in ConfigText::validate(). Throws ConfigError.
[[nodiscard]] Config make_config(const Options& options, const ConfigText& text, PluginHost& plugins,
                                 bool finds_interpreters);

}  // namespace arbiter
