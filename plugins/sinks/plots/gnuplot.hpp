// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <filesystem>
#include <string>

namespace arbiter::plots {

/// Runs the gnuplot of PATH on `script` and waits for it; its stderr goes to the file `messages`, its stdout nowhere.
/// After `timeout` it is killed with its children. `picture` is for error messages only. Throws GnuplotMissing,
/// PictureError (it failed, or timed out), SystemError.
void run_gnuplot(const std::filesystem::path& script, const std::filesystem::path& messages,
                 std::chrono::milliseconds timeout, const std::filesystem::path& picture);

/// The messages of gnuplot as one line of at most 400 characters.
[[nodiscard]] std::string one_line(const std::filesystem::path& messages);

}  // namespace arbiter::plots
