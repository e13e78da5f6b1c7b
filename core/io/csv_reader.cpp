// SPDX-License-Identifier: Apache-2.0
#include "io/csv_reader.hpp"

#include <algorithm>
#include <cerrno>
#include <fstream>
#include <limits>
#include <memory>
#include <string>
#include <system_error>

#include <fmt/format.h>

#include "arbiter/error.hpp"
#include "io/csv_fields.hpp"
#include "io/csv_files.hpp"
#include "io/csv_row.hpp"
#include "io/text_lines.hpp"

namespace arbiter {

namespace {

/// The fields of a record. It has more than one line where a quote ends in a later one and the record then has as many
/// fields as `columns`; else such a quote is the fault of its line and of no other.
const std::vector<std::string_view>& fields_of(TextLines& lines, CsvFields& fields, std::size_t columns) {
  if (fields.split(lines.line())) return fields.fields();
  constexpr int most_lines = 100;
  for (int i = 0; i < most_lines && lines.extend(); ++i) {
    if (!fields.split(lines.line())) continue;
    if (fields.fields().size() == columns) return fields.fields();
    break;
  }
  lines.retreat();
  throw BadLine("line: found a quote that is not closed, allowed \"...\" around a field");
}

TextLines lines_of_file(const std::filesystem::path& file) {
  if (std::filesystem::is_directory(file)) throw SystemError("read " + file.string(), EISDIR);
  auto stream = std::make_shared<std::ifstream>(file, std::ios::binary);
  if (!*stream) throw SystemError("read " + file.string(), errno);
  // A small file needs no large buffer; what cannot say its size (a pipe) gets one.
  std::error_code error;
  const auto size = std::filesystem::file_size(file, error);
  const std::size_t most = error ? std::numeric_limits<std::size_t>::max() : size + 4096;
  return TextLines([stream, file, most](std::size_t bytes) {
    std::string part(std::min(bytes, most), '\0');
    stream->read(part.data(), static_cast<std::streamsize>(bytes));
    if (stream->bad()) throw SystemError("read " + file.string(), errno);
    part.resize(static_cast<std::size_t>(stream->gcount()));
    return part;
  });
}

CsvHeader read_header(const std::filesystem::path& file, TextLines& lines, CsvFields& fields) {
  if (!lines.next()) throw DataError(fmt::format("{}:1: header: found an empty file", file.string()));
  try {
    return CsvHeader(fields_of(lines, fields, 0));
  } catch (const BadLine& error) {
    throw DataError(positioned(file, lines, error));
  }
}

}  // namespace

CsvContents read_csv_of_tp_size(const std::filesystem::path& file, int tp_size, const CsvReadOptions& options) {
  TextLines lines = lines_of_file(file);
  refuse_utf16(file, lines.rest());
  CsvFields fields;
  const CsvHeader header = read_header(file, lines, fields);
  CsvContents contents;
  contents.dataset = Dataset(read_machine_file(file));
  CurveBuilder curves;
  std::int64_t skipped_by_writer = 0;
  while (lines.next()) {
    try {
      const auto& row = fields_of(lines, fields, header.columns());
      switch (header.kind_of(row, lines.ended())) {
        case CsvRowKind::cell: contents.dataset.add(header.parse(row, tp_size)); break;
        case CsvRowKind::point: header.add_point(row, tp_size, file, curves); break;
        case CsvRowKind::skipped: ++skipped_by_writer; break;
      }
    } catch (const NewerCsvSchema& error) {
      throw DataError(positioned(file, lines, error));
    } catch (const BadLine& error) {
      if (!options.skip_bad_rows) throw DataError(positioned(file, lines, error));
      ++contents.skipped_rows;
      contents.warnings.push_back(positioned(file, lines, error));
    }
  }
  contents.curves = curves.curves();
  if (skipped_by_writer > 0) {
    contents.warnings.push_back(fmt::format("{}: {} rows have the time 0.0: its writer did not measure them",
                                            file.string(), skipped_by_writer));
  }
  return contents;
}

CsvContents read_csv(const std::filesystem::path& file, const CsvReadOptions& options) {
  return read_csv_of_tp_size(file, 0, options);
}

}  // namespace arbiter
