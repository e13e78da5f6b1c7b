#include "config/values.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "sdk/numbers.hpp"
#include "sdk/allowed.hpp"
#include "sdk/nearest.hpp"

namespace arbiter {

namespace {

std::string in(std::string_view type, std::string_view allowed) {
  return allowed.empty() ? std::string(type) : fmt::format("{} in {}", type, allowed);
}

template <class Number>
std::optional<Number> read_number(const YamlNode& node, std::string_view allowed, std::string_view type,
                                  std::optional<Number> (*parse)(std::string_view), const Reporter& report) {
  std::string hint;
  if (node.is_scalar()) {
    const std::optional<Number> number = parse(node.scalar);
    if (number && !node.quoted && admits(allowed, *number)) return number;
    hint = number && node.quoted ? "; write it without quotes" : number_hint(node.scalar);
  }
  report(node.mark, fmt::format("found {}; allowed: {}{}", describe(node), in(type, allowed), hint));
  return std::nullopt;
}

}  // namespace

std::optional<bool> read_boolean(const YamlNode& node, const Reporter& report) {
  if (node.is_scalar() && !node.quoted) {
    if (node.scalar == "true") return true;
    if (node.scalar == "false") return false;
  }
  report(node.mark, fmt::format("found {}; allowed: true or false", describe(node)));
  return std::nullopt;
}

std::optional<std::int64_t> read_integer(const YamlNode& node, std::string_view allowed, const Reporter& report) {
  return read_number(node, allowed, "a whole number", &parse_integer, report);
}

std::optional<double> read_real(const YamlNode& node, std::string_view allowed, const Reporter& report) {
  return read_number(node, allowed, "a number", &parse_real, report);
}

std::optional<std::string> read_text(const YamlNode& node, std::string_view allowed, const Reporter& report) {
  if (node.is_scalar() && admits(allowed, node.scalar)) return node.scalar;
  const std::vector<std::string> choices = alternatives(allowed);
  std::string rest = choices.empty() ? "; allowed: a text" : fmt::format("; allowed: {}", fmt::join(choices, ", "));
  if (node.is_scalar()) rest = suggestion(node.scalar, choices);
  report(node.mark, fmt::format("found {}{}", describe(node), rest));
  return std::nullopt;
}

std::optional<std::vector<std::string>> read_texts(const YamlNode& node, std::string_view allowed,
                                                   const Reporter& report) {
  if (!node.is_list() && !node.is_scalar()) {
    const std::string choices =
        allowed.empty() ? std::string("texts") : fmt::format("{}", fmt::join(alternatives(allowed), ", "));
    report(node.mark, fmt::format("found {}; allowed: a list of {}", describe(node), choices));
    return std::nullopt;
  }
  std::vector<std::string> texts;
  bool good = true;
  const auto read = [&](const YamlNode& item) {
    std::optional<std::string> text = read_text(item, allowed, report);
    good = good && text.has_value();
    if (text) texts.push_back(std::move(*text));
  };
  if (node.is_scalar()) read(node);
  for (const YamlNode& item : node.items) read(item);
  return good ? std::optional(std::move(texts)) : std::nullopt;
}

}  // namespace arbiter
