// SPDX-License-Identifier: Apache-2.0
#include "io/data_format.hpp"

#include <algorithm>
#include <initializer_list>
#include <string>
#include <vector>

#include "io/csv_columns.hpp"
#include "io/nccl_text.hpp"
#include "io/text_lines.hpp"
#include "sdk/trimmed.hpp"

namespace arbiter {

namespace {

/// The names in a header, whatever separates them.
std::vector<std::string_view> names_in(std::string_view header) {
  std::vector<std::string_view> names;
  while (true) {
    const std::size_t end = header.find_first_of(",;\t");
    names.push_back(trimmed(header.substr(0, end), " \"'"));
    if (end == std::string_view::npos) return names;
    header.remove_prefix(end + 1);
  }
}

DataFormat csv_format_of(std::string_view header) {
  const std::vector<std::string_view> names = names_in(header);
  const auto has_any = [&](std::initializer_list<std::string_view> wanted) {
    return std::ranges::any_of(wanted, [&](auto name) { return std::ranges::find(names, name) != names.end(); });
  };
  if (has_any({"allreduce_dtype", "nccl_dtype"}) && has_any({"message_size"})) return DataFormat::aiconfigurator;
  const bool measured = has_any({name_of(CsvColumn::strategy)}) && has_any({name_of(CsvColumn::size), "size_bytes"}) &&
                        has_any({name_of(CsvColumn::time), csv_time_of_benchmark});
  if (!measured) return DataFormat::none;
  return has_any({name_of(CsvColumn::num_tokens), name_of(CsvColumn::hidden_size)}) ? DataFormat::cells
                                                                                    : DataFormat::bytes;
}

}  // namespace

DataFormat data_format_of(std::string_view head) {
  if (head.starts_with("PAR1")) return DataFormat::parquet;
  TextLines lines(head);
  if (!lines.next()) return DataFormat::none;
  if (trimmed(lines.line()).starts_with('{')) {
    return head.find("\"nccl_version\"") != std::string_view::npos ||
                   head.find("\"out_of_place\"") != std::string_view::npos
               ? DataFormat::nccl_json
               : DataFormat::none;
  }
  const DataFormat format = csv_format_of(lines.line());
  if (format != DataFormat::none) return format;
  do {
    if (is_nccl_header(lines.line())) return DataFormat::nccl_text;
  } while (lines.next());
  return DataFormat::none;
}

}  // namespace arbiter
