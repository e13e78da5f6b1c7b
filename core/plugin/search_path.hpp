#pragma once

#include <filesystem>
#include <vector>

namespace arbiter {

/// The folder of the plugins that were built with this library: arbiter/plugins beside it.
[[nodiscard]] std::filesystem::path built_in_plugin_dir();

/// The folders in ARBITER_PLUGIN_PATH, separated by colons.
[[nodiscard]] std::vector<std::filesystem::path> environment_plugin_dirs();

}  // namespace arbiter
