#pragma once

#include <chrono>
#include <filesystem>
#include <string>

namespace arbiter::plots {

/// Runs the gnuplot of PATH on `script` and waits for it; what it says on stderr goes to the file `messages`.
/// `picture` is for error messages only. Throws GnuplotMissing, PictureError (failed, or did not end within
/// `patience` and was killed), SystemError.
void run_gnuplot(const std::filesystem::path& script, const std::filesystem::path& messages,
                 std::chrono::milliseconds patience, const std::filesystem::path& picture);

/// What gnuplot said, for an error message.
[[nodiscard]] std::string one_line(const std::filesystem::path& messages);

}  // namespace arbiter::plots
