// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>

#include "io/curve_file.hpp"

namespace arbiter {

/// Reads the points (nccl_points.hpp) in what nccl-tests write with -J. Throws DataError and SystemError.
[[nodiscard]] CurveContents read_nccl_json(const std::filesystem::path& file);

}  // namespace arbiter
