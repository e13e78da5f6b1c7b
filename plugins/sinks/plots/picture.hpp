#pragma once

#include <filesystem>
#include <functional>

#include "script.hpp"

namespace arbiter::plots {

/// Lets `fill` write a script, runs gnuplot on it in a private folder, and puts the finished picture at `file`.
/// Throws GnuplotMissing, PictureError, SystemError; `file` is then as it was.
void write_picture(const std::filesystem::path& file, double width, double height,
                   const std::function<void(Script&)>& fill);

}  // namespace arbiter::plots
