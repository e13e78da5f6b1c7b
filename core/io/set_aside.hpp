#pragma once

#include <filesystem>
#include <string_view>

namespace arbiter {

/// Writes the file; one that is there and says something else is set aside. Throws SystemError.
void write_or_set_aside(const std::filesystem::path& file, std::string_view text);

}  // namespace arbiter
