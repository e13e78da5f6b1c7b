// SPDX-License-Identifier: Apache-2.0
#include "io/csv_reader.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "arbiter/error.hpp"
#include "arbiter/files.hpp"
#include "io/csv_fields.hpp"
#include "io/csv_files.hpp"
#include "io/csv_row.hpp"

namespace arbiter {

namespace {

/// The lines of a text without their ends (\n or \r\n), numbered from 1.
class Lines {
 public:
  explicit Lines(std::string_view text) : rest_(text) {
    if (rest_.starts_with("\xEF\xBB\xBF")) rest_.remove_prefix(3);
  }
  /// The next line that is not blank.
  bool next() {
    while (!rest_.empty()) {
      const std::size_t end = rest_.find('\n');
      line_ = rest_.substr(0, end);
      ended_ = end != std::string_view::npos;
      rest_.remove_prefix(ended_ ? end + 1 : rest_.size());
      ++number_;
      if (line_.ends_with('\r')) line_.remove_suffix(1);
      if (line_.find_first_not_of(" \t") != std::string_view::npos) return true;
    }
    return false;
  }
  [[nodiscard]] std::string_view line() const { return line_; }
  [[nodiscard]] std::int64_t number() const { return number_; }
  [[nodiscard]] bool ended() const { return ended_; }

 private:
  std::string_view rest_;
  std::string_view line_;
  std::int64_t number_ = 0;
  bool ended_ = true;
};

const std::vector<std::string_view>& fields_of(std::string_view line, CsvFields& fields) {
  if (!fields.split(line)) throw BadCsvLine("line: found a quote that is not closed, allowed \"...\" around a field");
  return fields.fields();
}

std::string positioned(const std::filesystem::path& file, const Lines& lines, const BadCsvLine& error) {
  const char* hint = lines.ended() ? "" : " (the file ends in this line: was its writer stopped?)";
  return fmt::format("{}:{}: {}{}", file.string(), lines.number(), error.what(), hint);
}

CsvHeader read_header(const std::filesystem::path& file, Lines& lines, CsvFields& fields) {
  if (!lines.next()) throw DataError(fmt::format("{}:1: header: found an empty file", file.string()));
  try {
    return CsvHeader(fields_of(lines.line(), fields));
  } catch (const BadCsvLine& error) {
    throw DataError(positioned(file, lines, error));
  }
}

}  // namespace

CsvContents read_csv_of_tp_size(const std::filesystem::path& file, int tp_size, const CsvReadOptions& options) {
  const std::string text = read_file(file);
  Lines lines(text);
  CsvFields fields;
  const CsvHeader header = read_header(file, lines, fields);
  CsvContents contents;
  contents.dataset = Dataset(read_machine_file(file));
  while (lines.next()) {
    try {
      contents.dataset.add(header.parse(fields_of(lines.line(), fields), tp_size));
    } catch (const NewerCsvSchema& error) {
      throw DataError(positioned(file, lines, error));
    } catch (const BadCsvLine& error) {
      if (!options.skip_bad_rows) throw DataError(positioned(file, lines, error));
      ++contents.skipped_rows;
      contents.warnings.push_back(positioned(file, lines, error));
    }
  }
  return contents;
}

CsvContents read_csv(const std::filesystem::path& file, const CsvReadOptions& options) {
  return read_csv_of_tp_size(file, 0, options);
}

}  // namespace arbiter
