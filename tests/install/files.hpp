// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace arbiter::testing {

/// Every regular file below a folder, links left out, sorted.
[[nodiscard]] std::vector<std::filesystem::path> files_below(const std::filesystem::path& folder);

/// Every shared object and program below a folder.
[[nodiscard]] std::vector<std::filesystem::path> binaries_below(const std::filesystem::path& folder);

/// The libraries that a program or library names (DT_NEEDED).
[[nodiscard]] std::vector<std::string> libraries_named_by(const std::filesystem::path& binary);

/// The names of the shared objects in a folder, without .so.
[[nodiscard]] std::vector<std::string> plugin_names(const std::filesystem::path& folder);

/// What a program that must succeed says.
[[nodiscard]] std::string output_of(const std::vector<std::string>& command,
                                    const std::vector<std::string>& environment = {});

[[nodiscard]] std::vector<std::string> lines_of(const std::string& text);

}  // namespace arbiter::testing
