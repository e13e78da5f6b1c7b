// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string_view>

#include "io/curve_file.hpp"

namespace arbiter {

/// Whether a line is the header of the columns that nccl-tests print: "# size count type ... time algbw ...".
[[nodiscard]] bool is_nccl_header(std::string_view line);

/// Reads the points (nccl_points.hpp) in what nccl-tests print, of one run or several. Columns are found by the header,
/// so other versions load too; lines of other programs in between are passed over. Throws DataError and SystemError.
[[nodiscard]] CurveContents read_nccl_text(const std::filesystem::path& file, bool skip_bad_rows);

}  // namespace arbiter
