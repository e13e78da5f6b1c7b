// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <filesystem>
#include <string_view>
#include <vector>

#include "arbiter/dataset.hpp"
#include "io/csv_columns.hpp"
#include "io/text_lines.hpp"
#include "model/curve_builder.hpp"

namespace arbiter {

/// The file is of a newer Arbiter. Its rows cannot be skipped: all of them may mean something else.
struct NewerCsvSchema : BadLine {
  using BadLine::BadLine;
};

enum class CsvRowKind : std::uint8_t {
  cell,
  point,    ///< of a byte curve: it has a size, but no tokens and no hidden size
  skipped,  ///< its writer did not measure it, and wrote the time 0.0
};

/// The position of each known column in a file. The functions throw BadLine: column, found, allowed.
class CsvHeader {
 public:
  using Fields = std::vector<std::string_view>;

  /// Throws for a missing or repeated column, and for names with another separator than a comma.
  explicit CsvHeader(const std::vector<std::string_view>& names);

  /// What a line is. Throws for another number of fields, and for a line without its end whose last field may be cut.
  [[nodiscard]] CsvRowKind kind_of(const Fields& fields, bool line_ended) const;
  /// Reads a cell. `tp_size` other than 0 is the only world_size allowed. Throws NewerCsvSchema too.
  [[nodiscard]] Measurement parse(const Fields& fields, int tp_size) const;
  /// Reads a point of a byte curve, whose tp size is `tp_size` where the file has no world_size.
  void add_point(const Fields& fields, int tp_size, const std::filesystem::path& file, CurveBuilder& curves) const;
  [[nodiscard]] std::size_t columns() const { return columns_; }

 private:
  [[nodiscard]] bool has(CsvColumn column) const { return position_[static_cast<std::size_t>(column)] >= 0; }
  [[nodiscard]] std::string_view text(const Fields& fields, CsvColumn column) const;
  void expect_whole_end(const Fields& fields) const;
  [[nodiscard]] int tp_size_of(const Fields& fields, int expected) const;
  [[nodiscard]] Setting setting_of(const Fields& fields) const;

  std::array<int, csv_column_names.size()> position_{};
  std::size_t columns_ = 0;
  bool zero_is_skipped_ = false;
};

}  // namespace arbiter
