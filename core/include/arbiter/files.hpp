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

}  // namespace arbiter
