// SPDX-License-Identifier: Apache-2.0
#include "cpp_header/enumerators.hpp"

#include <algorithm>
#include <iterator>
#include <set>
#include <string_view>
#include <utility>

#include <fmt/format.h>

namespace arbiter {

namespace {

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }

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
    "xor_eq",      "std",       "NULL",       "EOF",       "assert",   "errno"};

std::string identifier_of(const std::string& name) {
  std::string text;
  if (name.empty() || !is_letter(name.front()) || name.front() == '_') text += 'S';
  for (const char c : name) {
    const char kept = is_letter(c) || is_digit(c) ? c : '_';
    if (kept == '_' && !text.empty() && text.back() == '_') continue;  // two in a row are the compiler's
    text += kept;
  }
  if (std::ranges::find(reserved, text) != std::end(reserved)) text += '_';
  return text;
}

}  // namespace

std::vector<Enumerator> enumerators(const std::vector<std::pair<std::string, int>>& values) {
  std::vector<Enumerator> result;
  for (const auto& [name, value] : values) {
    const std::string plain = identifier_of(name);
    std::string identifier = plain;
    for (int number = 2; std::ranges::find(result, identifier, &Enumerator::identifier) != result.end(); ++number) {
      identifier = fmt::format("{}_{}", plain, number);
    }
    result.push_back({identifier, value, name});
  }
  return result;
}

bool is_identifier(const std::string& text) { return !text.empty() && identifier_of(text) == text; }

std::string cpp_string(const std::string& text) {
  std::string result = "\"";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      result += '\\';
      result += c;
    } else if (byte < 0x20 || byte == 0x7F) {
      result += fmt::format("\\{:03o}", byte);
    } else {
      result += c;
    }
  }
  return result + '"';
}

std::string comment_text(std::string text) {
  std::ranges::replace_if(
      text, [](char c) { return static_cast<unsigned char>(c) < 0x20; }, ' ');
  while (!text.empty() && (text.back() == '\\' || text.back() == ' ')) text.pop_back();
  return text;
}

std::vector<Enumerator> strategy_values(const DecisionTable& table,
                                        const std::function<std::optional<int>(const std::string&)>& table_id) {
  std::set<std::string> names = {table.fallback};
  for (const DecisionGrid& grid : table.grids) names.insert(grid.strategies.begin(), grid.strategies.end());
  for (const DecisionSteps& steps : table.steps) {
    for (const auto& step : steps.steps) names.insert(step.strategy);
  }
  std::vector<std::pair<std::string, int>> values;
  std::set<int> taken;
  int next = 1000;
  for (const std::string& name : names) {
    const auto id = table_id(name);
    const bool own = id && *id >= 0 && taken.insert(*id).second;
    if (!own) {
      while (!taken.insert(next).second) ++next;
    }
    values.emplace_back(name, own ? *id : next);
  }
  std::ranges::stable_sort(values, {}, &std::pair<std::string, int>::second);
  return enumerators(values);
}

std::vector<Enumerator> fusion_values(const DecisionTable& table) {
  std::vector<std::pair<std::string, int>> values = {{"NONE", 0},
                                                     {"RESIDUAL_RMS_NORM", 1},
                                                     {"RESIDUAL_RMS_NORM_QUANT_FP8", 4},
                                                     {"RESIDUAL_RMS_NORM_QUANT_NVFP4", 5},
                                                     {"RESIDUAL_RMS_NORM_OUT_QUANT_FP8", 6},
                                                     {"RESIDUAL_RMS_NORM_OUT_QUANT_NVFP4", 7}};
  int next = 100;
  const auto add = [&](const std::string& fusion) {
    const bool known = std::ranges::any_of(values, [&](const auto& value) { return value.first == fusion; });
    if (!known) values.emplace_back(fusion, next++);
  };
  for (const DecisionGrid& grid : table.grids) add(grid.fusion);
  for (const DecisionSteps& steps : table.steps) add(steps.fusion);
  return enumerators(values);
}

}  // namespace arbiter
