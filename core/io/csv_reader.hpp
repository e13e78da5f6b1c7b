// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>

#include "arbiter/csv.hpp"

namespace arbiter {

/// read_csv() of a file whose rows must all have this world_size (0: any).
[[nodiscard]] CsvContents read_csv_of_tp_size(const std::filesystem::path& file, int tp_size,
                                              const CsvReadOptions& options);

}  // namespace arbiter
