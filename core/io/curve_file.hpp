// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "arbiter/byte_curve.hpp"
#include "io/data_format.hpp"

namespace arbiter {

/// The curves of a file.
struct CurveContents {
  std::vector<ByteCurve> curves;
  std::int64_t skipped_rows = 0;      ///< malformed lines, if those are skipped
  std::vector<std::string> warnings;  ///< one line per skipped row, and what else people should know
};

/// The format of a file; none for one that cannot be read.
[[nodiscard]] DataFormat data_format_of_file(const std::filesystem::path& file);

/// Reads the byte curves of a file in one of the formats bytes, nccl_text, nccl_json and aiconfigurator; for any other
/// format DataError says what is allowed. With `skip_bad_rows` malformed lines are counted instead of thrown. Throws
/// DataError (file:line: column: found, allowed) and SystemError.
[[nodiscard]] CurveContents read_curve_file(const std::filesystem::path& file, bool skip_bad_rows = false);

}  // namespace arbiter
