// SPDX-License-Identifier: Apache-2.0
#include "common/source_text.hpp"

#include <algorithm>
#include <iterator>
#include <regex>

#include <fmt/format.h>

#include "arbiter/names.hpp"

namespace arbiter {

namespace {

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }

// Key words, and the macros of the standard library and of compilers that a name could be.
constexpr std::string_view reserved[] = {
    "alignas",     "alignof",   "and",        "and_eq",    "asm",      "auto",         "bitand",
    "bitor",       "bool",      "break",      "case",      "catch",    "char",         "char8_t",
    "char16_t",    "char32_t",  "class",      "compl",     "concept",  "const",        "consteval",
    "constexpr",   "constinit", "const_cast", "continue",  "co_await", "co_return",    "co_yield",
    "decltype",    "default",   "delete",     "do",        "double",   "dynamic_cast", "else",
    "enum",        "explicit",  "export",     "extern",    "false",    "float",        "for",
    "friend",      "goto",      "if",         "inline",    "int",      "long",         "mutable",
    "namespace",   "new",       "noexcept",   "not",       "not_eq",   "nullptr",      "operator",
    "or",          "or_eq",     "private",    "protected", "public",   "register",     "reinterpret_cast",
    "requires",    "return",    "short",      "signed",    "sizeof",   "static",       "static_assert",
    "static_cast", "struct",    "switch",     "template",  "this",     "thread_local", "throw",
    "true",        "try",       "typedef",    "typeid",    "typename", "union",        "unsigned",
    "using",       "virtual",   "void",       "volatile",  "wchar_t",  "while",        "xor",
    "xor_eq",      "std",       "NULL",       "EOF",       "assert",   "errno",        "linux",
    "unix",        "i386",      "stdin",      "stdout",    "stderr",   "NAN",          "INFINITY",
    "HUGE_VAL",    "offsetof",  "TRUE",       "FALSE",     "BUFSIZ",   "CHAR_BIT",     "major",
    "minor",       "makedev"};

/// INT64_MAX, UINT8_C, DBL_MIN: the limits that <cstdint> and its like define as macros.
bool is_limit(const std::string& text) {
  static const std::regex form("[A-Z0-9_]+_(MAX|MIN|C|WIDTH|EPSILON|DIG)");
  return std::regex_match(text, form);
}

std::string without_blanks_at_end(std::string text) {
  text.erase(text.find_last_not_of(' ') + 1);
  return text;
}

}  // namespace

std::string cpp_comment(std::string_view text) {
  std::string line = without_blanks_at_end("// " + plain_text(text));
  if (line.ends_with('\\') || line.ends_with("?\?/")) {
    const char last = line.back();
    line.pop_back();
    line += fmt::format("\\x{:02x}", last);
  }
  return line + "\n";
}

std::string cpp_string(std::string_view text) {
  std::string result = "\"";
  char before = 0;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || byte >= 0x7F) {
      result += fmt::format("\\{:03o}", byte);
    } else {
      if (c == '"' || c == '\\' || (c == '?' && before == '?')) result += '\\';  // two ? begin a trigraph
      result += c;
    }
    before = c;
  }
  return result + '"';
}

std::string cpp_identifier(std::string_view name) {
  constexpr std::size_t longest = 200;
  std::string text;
  if (name.empty() || !is_letter(name.front()) || name.front() == '_') text += 'S';
  for (const char c : name.substr(0, longest)) {
    const char kept = is_letter(c) || is_digit(c) ? c : '_';
    if (kept == '_' && !text.empty() && text.back() == '_') continue;  // two in a row are the compiler's
    text += kept;
  }
  const bool is_taken = std::ranges::find(reserved, text) != std::end(reserved) || is_limit(text);
  return is_taken ? text + '_' : text;
}

bool is_cpp_identifier(std::string_view text) { return !text.empty() && cpp_identifier(text) == text; }

std::string hash_comment(std::string_view text, std::size_t longest) {
  const std::string plain = plain_text(text);
  std::string_view rest = plain;
  std::string comment;
  do {
    std::size_t end = longest - 2 < rest.size() ? longest - 2 : rest.size();
    const auto continues = [&](std::size_t at) { return (static_cast<unsigned char>(rest[at]) & 0xC0U) == 0x80U; };
    while (end < rest.size() && continues(end)) --end;
    comment += fmt::format("# {}\n", rest.substr(0, end));
    rest.remove_prefix(end);
  } while (!rest.empty());
  return comment;
}

std::string python_string(std::string_view text) {
  std::string escaped;
  for (const char c : text) {
    if (c == '\\' || c == '\'') escaped += '\\';
    escaped += c;
  }
  return fmt::format("'{}'", plain_text(escaped));
}

}  // namespace arbiter
