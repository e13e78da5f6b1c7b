// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>

#include "io/curve_file.hpp"

namespace arbiter {

/// Reads custom_allreduce_perf.txt or nccl_perf.txt of aiconfigurator: CSV with the columns framework, version, device,
/// op_name, kernel_source, allreduce_dtype (or nccl_dtype), num_gpus, message_size in elements and latency in
/// milliseconds; others are ignored. Rows of other collectives are passed over, and those with the latency 0, which is
/// what its subtraction leaves of a time too small to be seen. Throws DataError and SystemError.
[[nodiscard]] CurveContents read_aiconfigurator(const std::filesystem::path& file, bool skip_bad_rows);

}  // namespace arbiter
