// SPDX-License-Identifier: Apache-2.0
#include "io/cpp_table_scan.hpp"

#include <algorithm>
#include <charconv>
#include <string_view>

#include <fmt/format.h>

#include "arbiter/error.hpp"
#include "sdk/trimmed.hpp"

namespace arbiter {

namespace {

constexpr std::string_view blanks = " \t\r\n";

class Scanner {
 public:
  Scanner(const std::string& file, std::string_view text, const TableStart& start)
      : file_(file),
        table_(start.name),
        text_(text),
        at_(start.brace),
        line_(1 + static_cast<int>(
                      std::count(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(start.brace), '\n'))) {}

  /// From an opening brace to its closing one.
  ScannedTable::Node braces(int depth) {
    constexpr int deepest = 8;  // a table has four; a file of nothing but braces must not exhaust the stack
    if (depth > deepest) refuse("braces within braces", "four levels: tp, fusion, hidden size, tokens");
    ScannedTable::Node node;
    node.line = line_;
    ++at_;
    while (true) {
      skip();
      expect_more();
      const char c = text_[at_];
      if (c == '}') {
        ++at_;
        return node;
      }
      if (c == '{') {
        node.children.push_back(braces(depth + 1));
      } else if (c == ',') {
        ++at_;
      } else {
        node.numbers.push_back(number());
      }
    }
  }

  std::vector<std::string> comments;

 private:
  long number() {
    long value = 0;
    const auto [end, error] = std::from_chars(text_.data() + at_, text_.data() + text_.size(), value);
    if (error != std::errc()) {
      const std::string_view rest = text_.substr(at_, text_.find_first_of(" \t\r\n,{}", at_) - at_);
      refuse(std::string(rest.substr(0, 40)), "numbers, commas and braces");
    }
    at_ = static_cast<std::size_t>(end - text_.data());
    expect_more();
    return value;
  }

  void skip() {
    while (at_ < text_.size()) {
      if (text_.substr(at_, 2) == "//") {
        const std::size_t end = std::min(text_.find('\n', at_), text_.size());
        comments.emplace_back(trimmed(text_.substr(at_ + 2, end - at_ - 2), blanks));
        at_ = end;
      } else if (text_.substr(at_, 2) == "/*") {
        const std::size_t end = text_.find("*/", at_ + 2);
        if (end == std::string_view::npos) refuse("a comment without end", "*/");
        line_ += static_cast<int>(std::count(text_.begin() + static_cast<std::ptrdiff_t>(at_),
                                             text_.begin() + static_cast<std::ptrdiff_t>(end), '\n'));
        at_ = end + 2;
      } else if (text_.substr(at_) == "/") {
        at_ = text_.size();  // half of a comment's start
      } else if (blanks.find(text_[at_]) != std::string_view::npos) {
        if (text_[at_++] == '\n') ++line_;
      } else {
        return;
      }
    }
  }

  void expect_more() const {
    if (at_ < text_.size()) return;
    refuse(fmt::format("the end of the file inside {}", table_), "its closing braces: the file is cut");
  }

  [[noreturn]] void refuse(const std::string& found, const std::string& allowed) const {
    throw DataError(fmt::format("{}:{}: found {}, allowed: {}", file_, line_, found, allowed));
  }

  const std::string& file_;
  const std::string& table_;
  std::string_view text_;
  std::size_t at_;
  int line_;
};

}  // namespace

std::vector<TableStart> table_starts(const std::string& text) {
  // Not by std::regex, whose stack a long run of blanks exceeds.
  constexpr std::string_view type = "AllReduceBestStrategyTableType";
  constexpr std::string_view blanks = " \t\r\n\f\v";
  constexpr std::string_view name_characters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_";
  const std::string_view all = text;
  const auto is_at = [&](std::size_t at, char expected) { return at < all.size() && all[at] == expected; };
  std::vector<TableStart> starts;
  for (auto at = all.find(type); at != std::string_view::npos; at = all.find(type, at + 1)) {
    const auto name = all.find_first_not_of(blanks, at + type.size());
    if (name == std::string_view::npos || name == at + type.size()) continue;
    const auto name_end = all.find_first_not_of(name_characters, name);
    if (name_end == std::string_view::npos || name_end == name) continue;
    const auto equals = all.find_first_not_of(blanks, name_end);
    if (!is_at(equals, '=')) continue;
    const auto brace = all.find_first_not_of(blanks, equals + 1);
    if (is_at(brace, '{')) starts.push_back({std::string(all.substr(name, name_end - name)), brace});
  }
  return starts;
}

ScannedTable scan_table(const std::string& file, const std::string& text, const TableStart& start) {
  Scanner scanner(file, text, start);
  ScannedTable table{start.name, scanner.braces(1), {}};
  table.comments = std::move(scanner.comments);
  return table;
}

}  // namespace arbiter
