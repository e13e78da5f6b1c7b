// SPDX-License-Identifier: Apache-2.0
#include "config/diagnostics.hpp"

#include <algorithm>
#include <array>
#include <tuple>

#include <fmt/format.h>

#include "arbiter/error.hpp"
#include "sdk/nearest.hpp"

namespace arbiter {

namespace {

constexpr std::size_t most_shown = 200;

struct Rename {
  std::string_view section;  ///< the first key of the path
  std::string_view before;   ///< the last key
  std::string_view now;
};

constexpr std::array<Rename, 5> renames = {{{"measurement", "limits", "measurement.probe"},
                                            {"measurement", "time_budget_ms", "measurement.time_target_ms"},
                                            {"sinks", "floor_distance", "lower_bound_distance"},
                                            {"strategies", "alone", "exclusive_sm"},
                                            {"strategies", "spread", "target_blocks"}}};

}  // namespace

Diagnostics::Diagnostics(std::string source, std::vector<std::string> overrides)
    : source_(std::move(source)), overrides_(std::move(overrides)) {}

std::string Diagnostics::prefix(const YamlMark& mark, std::string_view path) const {
  std::string position = source_;
  if (mark.override_index >= 0) {
    const std::string& text = overrides_.at(static_cast<std::size_t>(mark.override_index));
    position = "--set " + printable(text);
    if (text.substr(0, text.find('=')) == path) path = {};
  } else if (mark.line > 0 && !source_.empty()) {
    position = fmt::format("{}:{}:{}", source_, mark.line, mark.column);
  }
  if (!position.empty()) position += ": ";
  return path.empty() ? position : fmt::format("{}{}: ", position, printable(path));
}

void Diagnostics::add(const YamlMark& mark, std::string_view path, std::string_view text) {
  Diagnostic diagnostic{mark, prefix(mark, path).append(text)};
  // A value that aliases repeat is one mistake.
  const auto same = [&](const Diagnostic& other) { return other.line == diagnostic.line; };
  if (std::any_of(diagnostics_.begin(), diagnostics_.end(), same)) return;
  if (diagnostics_.size() < most_shown) {
    diagnostics_.push_back(std::move(diagnostic));
  } else {
    ++omitted_;
  }
}

std::string Diagnostics::message() const {
  std::vector<Diagnostic> sorted = diagnostics_;
  const auto position = [](const Diagnostic& diagnostic) {
    return std::tuple(diagnostic.mark.override_index, diagnostic.mark.line, diagnostic.mark.column);
  };
  std::ranges::stable_sort(sorted, {}, position);
  std::string message;
  for (const Diagnostic& diagnostic : sorted) {
    if (!message.empty()) message += '\n';
    message += diagnostic.line;
  }
  if (omitted_ > 0) message += fmt::format("\n{}: {} more mistakes", source_, omitted_);
  return message;
}

void Diagnostics::throw_if_any() const {
  if (!diagnostics_.empty()) throw ConfigError(message());
}

ConfigCursor ConfigCursor::at(const YamlEntry& entry) const {
  return {entry.value, path.empty() ? entry.key : path + "." + entry.key, diagnostics};
}

std::optional<ConfigCursor> ConfigCursor::find(std::string_view keys) const {
  const std::size_t dot = keys.find('.');
  const YamlEntry* entry = node.find(keys.substr(0, dot));
  if (entry == nullptr) return std::nullopt;
  return dot == std::string_view::npos ? at(*entry) : at(*entry).find(keys.substr(dot + 1));
}

std::span<const YamlNode> ConfigCursor::items() const {
  return node.is_list() ? std::span<const YamlNode>(node.items) : std::span<const YamlNode>(&node, 1);
}

ConfigCursor ConfigCursor::item(std::size_t index) const {
  return {items()[index], node.is_list() ? fmt::format("{}.{}", path, index) : path, diagnostics};
}

bool expect_map(const ConfigCursor& cursor, std::string_view allowed) {
  if (cursor.node.is_map()) return true;
  cursor.report(fmt::format("found {}; allowed: {}", describe(cursor.node), allowed));
  return false;
}

bool expect_keys(const ConfigCursor& cursor, std::span<const std::string> keys, std::string_view what) {
  bool known = true;
  for (const YamlEntry& entry : cursor.node.entries) {
    if (std::ranges::find(keys, entry.key) != keys.end()) continue;
    known = false;
    const ConfigCursor unknown = cursor.at(entry);
    const std::string now = renamed(unknown.path);
    unknown.report(entry.mark, fmt::format("unknown {}{}", what, now.empty() ? suggestion(entry.key, keys) : now));
  }
  return known;
}

std::string renamed(std::string_view path) {
  const std::string_view section = path.substr(0, path.find('.'));
  const std::string_view name = path.substr(path.rfind('.') + 1);
  for (const auto& [where, before, now] : renames) {
    if (where == section && before == name) return fmt::format("; it is called {} now", now);
  }
  return {};
}

}  // namespace arbiter
