#include "config/diagnostics.hpp"

#include <algorithm>
#include <tuple>

#include <fmt/format.h>

#include "arbiter/error.hpp"

namespace arbiter {

namespace {

constexpr std::size_t most_shown = 200;

}  // namespace

Diagnostics::Diagnostics(std::string source, std::vector<std::string> overrides)
    : source_(std::move(source)), overrides_(std::move(overrides)) {}

std::string Diagnostics::place(const YamlMark& mark, std::string_view path) const {
  std::string place;
  if (mark.override_index >= 0) {
    const std::string& text = overrides_.at(static_cast<std::size_t>(mark.override_index));
    place = "--set " + printable(text);
    if (text.substr(0, text.find('=')) == path) path = {};
  } else if (mark.line > 0) {
    place = fmt::format("{}:{}:{}", source_, mark.line, mark.column);
  } else {
    place = source_;
  }
  return path.empty() ? place : fmt::format("{}: {}", place, printable(path));
}

void Diagnostics::add(const YamlMark& mark, std::string_view path, std::string_view text) {
  Diagnostic issue{mark, fmt::format("{}: {}", place(mark, path), text)};
  // An anchor that is used twice is one mistake.
  const auto same = [&](const Diagnostic& other) { return other.line == issue.line; };
  if (std::any_of(diagnostics_.begin(), diagnostics_.end(), same)) return;
  if (diagnostics_.size() < most_shown) {
    diagnostics_.push_back(std::move(issue));
  } else {
    ++more_;
  }
}

std::string Diagnostics::message() const {
  std::vector<const Diagnostic*> sorted;
  sorted.reserve(diagnostics_.size());
  for (const Diagnostic& issue : diagnostics_) sorted.push_back(&issue);
  const auto key = [](const Diagnostic* issue) {
    return std::tuple(issue->mark.override_index, issue->mark.line, issue->mark.column);
  };
  std::stable_sort(sorted.begin(), sorted.end(),
                   [&](const Diagnostic* a, const Diagnostic* b) { return key(a) < key(b); });
  std::string message;
  for (const Diagnostic* issue : sorted) {
    if (!message.empty()) message += '\n';
    message += issue->line;
  }
  if (more_ > 0) message += fmt::format("\n{}: {} more mistakes", source_, more_);
  return message;
}

void Diagnostics::throw_if_any() const {
  if (!diagnostics_.empty()) throw ConfigError(message());
}

}  // namespace arbiter
