// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>

#include "figure.hpp"

namespace arbiter::plots {

/// Draws a figure with gnuplot and writes it to `file`, in the format that its extension names. Throws GnuplotMissing,
/// PictureError, SystemError; `file` is unchanged then.
void write_picture(const Figure& figure, const std::filesystem::path& file);

}  // namespace arbiter::plots
