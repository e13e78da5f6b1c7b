// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string_view>

namespace arbiter {

/// Renames a regular file to <file>.1, or the next free number, so that nothing is overwritten. Returns the new name;
/// an empty path if there is no such file (or it is a device). Throws SystemError.
std::filesystem::path set_aside(const std::filesystem::path& file);

/// Writes a whole file. An older one with other contents is set aside; one with the same contents stays. Throws
/// SystemError.
void write_or_set_aside(const std::filesystem::path& file, std::string_view text);

}  // namespace arbiter
