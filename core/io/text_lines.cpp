// SPDX-License-Identifier: Apache-2.0
#include "io/text_lines.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "arbiter/error.hpp"
#include "arbiter/names.hpp"

namespace arbiter {

TextLines::TextLines(std::string_view text) : rest_(text) {
  if (rest_.starts_with("\xEF\xBB\xBF")) rest_.remove_prefix(3);
}

TextLines::TextLines(More more) : more_(std::move(more)) {
  refill();
  if (rest_.starts_with("\xEF\xBB\xBF")) rest_.remove_prefix(3);
  record_ = rest_;
}

bool TextLines::refill() {
  if (!more_) return false;
  constexpr std::size_t part_bytes = std::size_t{1} << 22U;
  const std::size_t done = record_.size() - rest_.size();
  // As much as is held, so that a line of any length is copied a few times only.
  const std::string part = more_(std::max(part_bytes, record_.size()));
  if (part.empty()) {
    more_ = nullptr;
    return false;
  }
  std::string held;
  held.reserve(record_.size() + part.size());
  held.append(record_).append(part);
  buffer_ = std::move(held);
  record_ = buffer_;
  rest_ = record_.substr(done);
  return true;
}

bool TextLines::next() {
  while (true) {
    if (rest_.empty()) {
      record_ = rest_;
      if (!refill()) return false;
    }
    number_ += lines_;
    record_ = rest_;
    lines_ = 0;
    extend();
    if (line_.find_first_not_of(" \t") != std::string_view::npos) return true;
  }
}

bool TextLines::extend() {
  std::size_t end = rest_.find('\n');
  for (std::size_t searched = rest_.size(); end == std::string_view::npos && refill(); searched = rest_.size()) {
    end = rest_.find('\n', searched);
  }
  if (lines_ > 0 && rest_.empty()) return false;
  ended_ = end != std::string_view::npos;
  rest_.remove_prefix(ended_ ? end + 1 : rest_.size());
  line_ = record_.substr(0, record_.size() - rest_.size() - (ended_ ? 1 : 0));
  if (line_.ends_with('\r')) line_.remove_suffix(1);
  ++lines_;
  return true;
}

void TextLines::retreat() {
  rest_ = record_;
  lines_ = 0;
  extend();
}

void refuse_utf16(const std::filesystem::path& file, std::string_view text) {
  if (!text.starts_with("\xFF\xFE") && !text.starts_with("\xFE\xFF")) return;
  throw DataError(fmt::format("{}:1: line: found text in UTF-16, allowed UTF-8", file.string()));
}

std::string positioned(const std::filesystem::path& file, const TextLines& lines, const BadLine& error) {
  const char* hint = lines.ended() ? "" : " (the file ends in this line: was its writer stopped?)";
  return fmt::format("{}:{}: {}{}", file.string(), lines.number(), error.what(), hint);
}

namespace {

constexpr std::size_t longest_field = 60;

}  // namespace

void refuse_field(std::string_view column, std::string_view found, std::string_view allowed) {
  throw BadLine(fmt::format("column '{}': found '{}', allowed {}", column, plain_text(found, longest_field), allowed));
}

void refuse_cut_field(std::string_view column, std::string_view found) {
  throw BadLine(
      fmt::format("column '{}': found '{}' without the end of a line, allowed a field that a line end follows", column,
                  plain_text(found, longest_field)));
}

}  // namespace arbiter
