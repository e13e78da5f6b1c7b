// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "arbiter/dataset.hpp"
#include "io/csv_columns.hpp"

namespace arbiter {

/// The error of one line, without its position.
struct BadCsvLine : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// The file is of a newer Arbiter. Its rows cannot be skipped: all of them may mean something else.
struct NewerCsvSchema : BadCsvLine {
  using BadCsvLine::BadCsvLine;
};

/// The position of each known column in a file.
class CsvHeader {
 public:
  /// Throws BadCsvLine for a missing or repeated column.
  explicit CsvHeader(const std::vector<std::string_view>& names);

  /// Reads one line's fields. `tp_size` other than 0 is the only world_size allowed. Throws BadCsvLine
  /// and NewerCsvSchema.
  [[nodiscard]] Measurement parse(const std::vector<std::string_view>& fields, int tp_size) const;
  [[nodiscard]] std::size_t columns() const { return columns_; }

 private:
  std::array<int, csv_column_names.size()> position_{};
  std::size_t columns_ = 0;
};

}  // namespace arbiter
