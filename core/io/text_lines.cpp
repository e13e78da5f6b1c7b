// SPDX-License-Identifier: Apache-2.0
#include "io/text_lines.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "arbiter/error.hpp"

namespace arbiter {

TextLines::TextLines(std::string_view text) : rest_(text) {
  if (rest_.starts_with("\xEF\xBB\xBF")) rest_.remove_prefix(3);
}

bool TextLines::next() {
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

void refuse_utf16(const std::filesystem::path& file, std::string_view text) {
  if (!text.starts_with("\xFF\xFE") && !text.starts_with("\xFE\xFF")) return;
  throw DataError(fmt::format("{}:1: line: found text in UTF-16, allowed UTF-8", file.string()));
}

std::string positioned(const std::filesystem::path& file, const TextLines& lines, const BadLine& error) {
  const char* hint = lines.ended() ? "" : " (the file ends in this line: was its writer stopped?)";
  return fmt::format("{}:{}: {}{}", file.string(), lines.number(), error.what(), hint);
}

std::string shown(std::string_view text, std::size_t most) {
  std::string result(text.substr(0, most));
  std::ranges::replace_if(
      result, [](char c) { return static_cast<unsigned char>(c) < 32; }, '?');
  return text.size() > most ? result + "..." : result;
}

void refuse_field(std::string_view column, std::string_view found, std::string_view allowed) {
  throw BadLine(fmt::format("column '{}': found '{}', allowed {}", column, shown(found), allowed));
}

void refuse_cut_field(std::string_view column, std::string_view found) {
  throw BadLine(fmt::format("column '{}': found '{}' without the end of a line, allowed a field with an end behind it",
                            column, shown(found)));
}

}  // namespace arbiter
