// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>

#include "arbiter/plugin.hpp"

namespace arbiter {

// What is looked at before any code of a plugin runs. All throw PluginError with the reason.

/// Refuses what is no shared object, or one whose end is missing: dlopen() of such a file raises SIGBUS. One for
/// another processor passes, as dlopen() says so itself.
void check_file_format(const std::filesystem::path& file);

/// Refuses another plugin ABI first, then another compiler's, then what a descriptor lacks.
void check_descriptor(const PluginDescriptor& descriptor);

}  // namespace arbiter
