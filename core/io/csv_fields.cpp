// SPDX-License-Identifier: Apache-2.0
#include "io/csv_fields.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "arbiter/names.hpp"
#include "io/text_lines.hpp"
#include "sdk/trimmed.hpp"

namespace arbiter {

bool CsvFields::split(std::string_view line) {
  fields_.clear();
  unescaped_.clear();
  while (true) {
    const std::size_t start = line.find_first_not_of(" \t");
    if (start == std::string_view::npos || line[start] != '"') {
      const std::size_t comma = line.find(',');
      fields_.push_back(trimmed(line.substr(0, comma)));
      if (comma == std::string_view::npos) return true;
      line.remove_prefix(comma + 1);
      continue;
    }
    line.remove_prefix(start + 1);
    std::string text;
    std::size_t quote = line.find('"');
    while (quote != std::string_view::npos && quote + 1 < line.size() && line[quote + 1] == '"') {
      text.append(line.substr(0, quote + 1));
      line.remove_prefix(quote + 2);
      quote = line.find('"');
    }
    if (quote == std::string_view::npos) return false;
    text.append(line.substr(0, quote));
    fields_.push_back(unescaped_.emplace_back(std::move(text)));
    line = trimmed(line.substr(quote + 1));
    if (line.empty()) return true;
    if (line.front() != ',') return false;
    line.remove_prefix(1);
  }
}

void expect_commas(const std::vector<std::string_view>& names) {
  if (names.size() != 1) return;
  for (const auto& [separator, shown_as] : {std::pair(';', ";"), std::pair('\t', "a tab")}) {
    if (names.front().find(separator) == std::string_view::npos) continue;
    throw BadLine(fmt::format("column '{}': found {} between the names, allowed a comma",
                              plain_text(names.front().substr(0, names.front().find(separator))), shown_as));
  }
}

bool is_identifier(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
  });
}

std::string csv_field(std::string_view text) {
  const bool plain = text.find_first_of(",\"\r\n") == std::string_view::npos && trimmed(text).size() == text.size();
  if (plain) return std::string(text);
  std::string quoted = "\"";
  for (const char c : text) {
    if (c == '"') quoted += '"';
    quoted += c;
  }
  return quoted + '"';
}

}  // namespace arbiter
