// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "figure.hpp"
#include "script.hpp"

namespace arbiter::plots {

/// Draws a figure with gnuplot and writes it to `file`, in the format that its extension names. Throws GnuplotMissing,
/// PictureError, SystemError; `file` is unchanged then.
void write_picture(const Figure& figure, const std::filesystem::path& file);

/// The same for any drawing of that size in pixels; `draw` ends with Script::finish().
void write_drawing(const std::filesystem::path& file, double width, double height,
                   const std::function<void(Script&)>& draw);
/// The title and the lines below it, in the upper left corner.
void draw_header(Script& script, const std::string& title, const std::vector<std::string>& captions);

}  // namespace arbiter::plots
