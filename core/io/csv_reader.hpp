#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "arbiter/csv.hpp"

namespace arbiter {

/// Reads one file whose rows must all have this world_size (0: any).
[[nodiscard]] CsvContents read_csv_of_tp_size(const std::filesystem::path& file, int tp_size,
                                              const CsvReadOptions& options);

struct CsvFileName {
  int tp_size = 0;
  std::string platform;
  bool holdout = false;
};

/// The parts of benchmark.tp<N>.<cpu|smV>[.holdout].csv; nothing for other names.
[[nodiscard]] std::optional<CsvFileName> parse_csv_file_name(const std::string& name);

/// The machine file beside a CSV; a machine without facts if there is none. Throws DataError and SystemError.
[[nodiscard]] Machine read_machine_file(const std::filesystem::path& csv_file);

}  // namespace arbiter
