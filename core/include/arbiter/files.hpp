#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "arbiter/export.hpp"

namespace arbiter {

/// Writes a whole file or nothing: beside it first, synced, then renamed. Creates parent folders. Throws SystemError.
ARBITER_EXPORT void write_file(const std::filesystem::path& file, std::string_view contents);

/// The whole file. Throws SystemError (also for a folder).
[[nodiscard]] ARBITER_EXPORT std::string read_file(const std::filesystem::path& file);

/// Renames a regular file to <file>.1, or the next free number, so that nothing is overwritten. Returns the new name;
/// an empty path if there is no such file (or it is a device). Throws SystemError.
ARBITER_EXPORT std::filesystem::path set_aside(const std::filesystem::path& file);

}  // namespace arbiter
