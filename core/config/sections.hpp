// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "config/catalogue.hpp"
#include "config/config.hpp"
#include "config/diagnostics.hpp"

namespace arbiter {

// Each reads the section of its name and reports what is wrong in it. A missing section leaves the default.

/// `auto` takes cuda where it can be used, else host. Fills in `backend` (empty if none can be used) and
/// `backend_note`.
void read_backend(const ConfigCursor& root, const Catalogue& catalogue, bool data_dir_mode, Config& config);

void read_measurement(const ConfigCursor& root, Config& config);

/// For a config whose heuristics are read: the names of compared files differ from theirs.
void read_compare(const ConfigCursor& root, Config& config);

/// `plugins`: the folders that exist. The others are reported.
[[nodiscard]] std::vector<std::filesystem::path> read_plugin_dirs(const ConfigCursor& root, const std::string& source);

void read_output_dir(const ConfigCursor& root, Config& config);

/// For a config whose backend and heuristics are read.
void read_enable_auto(const ConfigCursor& root, Config& config);

}  // namespace arbiter
