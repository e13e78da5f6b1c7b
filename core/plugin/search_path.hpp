// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <vector>

namespace arbiter {

/// The folder of the built-in plugins: arbiter/plugins beside libarbiter.
[[nodiscard]] std::filesystem::path built_in_plugin_dir();

/// The folders in the environment variable ARBITER_PLUGIN_PATH, which separates them with colons.
[[nodiscard]] std::vector<std::filesystem::path> environment_plugin_dirs();

}  // namespace arbiter
