// SPDX-License-Identifier: Apache-2.0
#include "common/text_wrap.hpp"

#include <algorithm>
#include <utility>

namespace arbiter {

namespace {

/// A number and its unit stay together: "5 %", "64 KiB".
bool may_break(std::string_view line, std::size_t blank) {
  const bool after_digit = blank > 0 && line[blank - 1] >= '0' && line[blank - 1] <= '9';
  const std::size_t end = line.find_first_of(" ,;:)", blank + 1);
  return !after_digit || std::min(end, line.size()) - blank > 4;
}

/// The last place to break within `width`, not among the leading blanks; else the first one after it.
std::size_t find_break(std::string_view line, std::size_t width) {
  const std::size_t text = line.find_first_not_of(' ');
  for (std::size_t i = std::min(width + 1, line.size()); i-- > text;) {
    if (line[i] == ' ' && may_break(line, i)) return i;
  }
  for (std::size_t i = width + 1; i < line.size(); ++i) {
    if (line[i] == ' ' && may_break(line, i)) return i;
  }
  return std::string_view::npos;
}

}  // namespace

std::vector<std::string> wrapped(std::string_view line, std::size_t indent) {
  std::vector<std::string> pieces;
  std::string prefix;
  while (prefix.size() + line.size() > summary_width) {
    const std::size_t at = find_break(line, summary_width - prefix.size());
    if (at == std::string_view::npos) break;
    pieces.push_back(prefix + std::string(line.substr(0, at)));
    line.remove_prefix(at + 1);
    prefix.assign(indent, ' ');
  }
  pieces.push_back(prefix + std::string(line));
  return pieces;
}

void append_wrapped(std::vector<std::string>& lines, std::string_view line, std::size_t indent) {
  for (std::string& piece : wrapped(line, indent)) lines.push_back(std::move(piece));
}

}  // namespace arbiter
