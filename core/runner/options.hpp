#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace arbiter {

/// What the command line asks for.
struct Options {
  std::filesystem::path config;
  std::filesystem::path data_dir;
  std::filesystem::path save_csv_dir;
  std::string sm_version;  ///< digits, or empty
  std::vector<std::filesystem::path> plugin_dirs;
  std::vector<std::string> overrides;  ///< key.path=value
  bool enable_auto = false;
  bool probe = false;
  bool skip_bad_rows = false;
  bool list = false;
  std::string listed;           ///< the plugin to tell all of; empty for an overview
  std::filesystem::path check;  ///< the plugin to hold against its contract
  int check_ranks = 4;
  bool dry_run = false;
};

/// Parses and checks the command line. `--help`, `--version` and mistakes end the process with 0, 0 and 2.
[[nodiscard]] Options parse_options(int argc, char** argv);

}  // namespace arbiter
