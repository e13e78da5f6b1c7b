// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <vector>

namespace arbiter {

/// The folder of the built-in plugins: arbiter/plugins beside libarbiter.
[[nodiscard]] std::filesystem::path built_in_plugin_dir();

/// Whether a file of that folder came with Arbiter. Users may put their own beside these.
[[nodiscard]] bool is_built_in(const std::filesystem::path& file);

/// The library that an interpreter loads to be a rank (core/runner/rank_main.hpp): beside libarbiter.
[[nodiscard]] std::filesystem::path rank_library();

/// The folder of the Python package `arbiter`: arbiter/python beside libarbiter.
[[nodiscard]] std::filesystem::path python_package_dir();

/// The folders in the environment variable ARBITER_PLUGIN_PATH, which separates them with colons.
[[nodiscard]] std::vector<std::filesystem::path> environment_plugin_dirs();

}  // namespace arbiter
