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

/// The lines of a text without their ends (\n or \r\n), numbered from 1. Several of them may be one record.
class Lines {
 public:
  explicit Lines(std::string_view text) : rest_(text) {
    if (rest_.starts_with("\xEF\xBB\xBF")) rest_.remove_prefix(3);
  }
  /// The next line that is not blank.
  bool next() {
    while (!rest_.empty()) {
      number_ += lines_;
      record_ = rest_;
      lines_ = 0;
      extend();
      if (line_.find_first_not_of(" \t") != std::string_view::npos) return true;
    }
    return false;
  }
  /// Makes the line after it part of the record; false if there is none.
  bool extend() {
    if (lines_ > 0 && rest_.empty()) return false;
    const std::size_t end = rest_.find('\n');
    ended_ = end != std::string_view::npos;
    rest_.remove_prefix(ended_ ? end + 1 : rest_.size());
    line_ = record_.substr(0, record_.size() - rest_.size() - (ended_ ? 1 : 0));
    if (line_.ends_with('\r')) line_.remove_suffix(1);
    ++lines_;
    return true;
  }
  /// Takes all extend() back.
  void retreat() {
    rest_ = record_;
    lines_ = 0;
    extend();
  }
  [[nodiscard]] std::string_view line() const { return line_; }
  /// Of the record's first line.
  [[nodiscard]] std::int64_t number() const { return number_; }
  [[nodiscard]] bool ended() const { return ended_; }

 private:
  std::string_view rest_;
  std::string_view record_;  // with all that follows it
  std::string_view line_;
  std::int64_t number_ = 1;
  std::int64_t lines_ = 0;  // of the record
  bool ended_ = true;
};

/// The fields of a record. It has more than one line where a quote ends in a later one and the record then has as many
/// fields as `columns`; else such a quote is the fault of its line and of no other.
const std::vector<std::string_view>& fields_of(Lines& lines, CsvFields& fields, std::size_t columns) {
  if (fields.split(lines.line())) return fields.fields();
  constexpr int most_lines = 100;
  for (int i = 0; i < most_lines && lines.extend(); ++i) {
    if (!fields.split(lines.line())) continue;
    if (fields.fields().size() == columns) return fields.fields();
    break;
  }
  lines.retreat();
  throw BadCsvLine("line: found a quote that is not closed, allowed \"...\" around a field");
}

std::string positioned(const std::filesystem::path& file, const Lines& lines, const BadCsvLine& error) {
  const char* hint = lines.ended() ? "" : " (the file ends in this line: was its writer stopped?)";
  return fmt::format("{}:{}: {}{}", file.string(), lines.number(), error.what(), hint);
}

CsvHeader read_header(const std::filesystem::path& file, Lines& lines, CsvFields& fields) {
  if (!lines.next()) throw DataError(fmt::format("{}:1: header: found an empty file", file.string()));
  try {
    return CsvHeader(fields_of(lines, fields, 0));
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
      contents.dataset.add(header.parse(fields_of(lines, fields, header.columns()), tp_size));
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
