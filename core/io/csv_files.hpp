// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "arbiter/dataset.hpp"

namespace arbiter {

/// The parts of a CSV's file name.
struct CsvFileName {
  int tp_size = 0;
  std::string platform;
  bool holdout = false;
};

/// Reads benchmark.tp<N>.<cpu|smV>[.holdout].csv; nothing for any other name.
[[nodiscard]] std::optional<CsvFileName> parse_csv_file_name(const std::string& name);

/// The machine file of a CSV: benchmark.tp2.cpu.csv -> benchmark.tp2.cpu.machine.json. write_machine_file() writes it.
[[nodiscard]] std::filesystem::path machine_file_of(const std::filesystem::path& csv_file);

/// The machine file beside a CSV; a machine without facts if there is none. Throws DataError and SystemError.
[[nodiscard]] Machine read_machine_file(const std::filesystem::path& csv_file);

}  // namespace arbiter
