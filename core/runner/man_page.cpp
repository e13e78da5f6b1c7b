// SPDX-License-Identifier: Apache-2.0
#include "man_page.hpp"

#include <algorithm>
#include <set>
#include <sstream>
#include <vector>

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "version.hpp"

namespace arbiter {

namespace {

/// Text as roff reads it: a backslash or a line that begins with a dot would be a command.
std::string roff(std::string_view text) {
  std::string escaped;
  for (const char c : text) {
    if (escaped.empty() && (c == '.' || c == '\'')) escaped += "\\&";
    if (c == '\\') {
      escaped += "\\e";
    } else if (c == '-') {
      escaped += "\\-";
    } else {
      escaped += c;
    }
  }
  return escaped;
}

std::string bold(std::string_view text) { return fmt::format("\\fB{}\\fR", roff(text)); }

/// "FILE" of "FILE:POSITIVE": what follows the colon are checks.
std::string value_of(const CLI::Option& option) {
  const std::string type = option.get_type_name();
  const std::string value = type.substr(0, type.find(':'));
  return option.get_items_expected_max() == 0 ? std::string() : value;
}

std::string first_name(const CLI::Option& option) {
  return option.get_lnames().empty() ? option.get_single_name() : fmt::format("--{}", option.get_lnames().front());
}

/// The names of options, whose set is ordered by address.
std::string sorted_names(const std::set<CLI::Option*>& options) {
  std::vector<std::string> names;
  names.reserve(options.size());
  for (const CLI::Option* option : options) names.push_back(bold(first_name(*option)));
  std::ranges::sort(names);
  return fmt::format("{}", fmt::join(names, ", "));
}

std::string option_text(const CLI::Option& option) {
  std::vector<std::string> names;
  for (const auto& name : option.get_snames()) names.push_back(bold(fmt::format("-{}", name)));
  for (const auto& name : option.get_lnames()) names.push_back(bold(fmt::format("--{}", name)));
  if (names.empty()) names.push_back(bold(option.get_single_name()));
  std::string text = fmt::format(".TP\n{}", fmt::join(names, ", "));
  if (const auto value = value_of(option); !value.empty()) text += fmt::format(" \\fI{}\\fR", roff(value));
  text += fmt::format("\n{}.\n", roff(option.get_description()));
  if (!option.get_needs().empty()) text += fmt::format("Needs {}.\n", sorted_names(option.get_needs()));
  if (!option.get_excludes().empty()) text += fmt::format("Not with {}.\n", sorted_names(option.get_excludes()));
  return text;
}

/// The description of the command line: paragraphs, and indented lines with a command and what it does.
std::string description_text(const std::string& description) {
  std::string text;
  std::istringstream lines(description);
  for (std::string line; std::getline(lines, line);) {
    if (line.empty()) continue;
    const auto start = line.find_first_not_of(' ');
    const auto gap = line.find("  ", start);
    if (start > 0 && gap != std::string::npos) {
      const auto meaning = line.substr(line.find_first_not_of(' ', gap));
      text += fmt::format(".TP\n{}\n{}.\n", bold(line.substr(start, gap - start)), roff(meaning));
    } else {
      text += roff(line) + "\n";
    }
  }
  return text;
}

std::string synopsis(const CLI::App& app) {
  std::string text = fmt::format("{} [\\fIOPTION\\fR]...", bold(app.get_name()));
  for (const CLI::Option* option : app.get_options()) {
    if (option->get_positional()) text += fmt::format(" [\\fI{}\\fR]", roff(value_of(*option)));
  }
  return text;
}

}  // namespace

std::string man_page(const CLI::App& app, std::span<const ManSection> sections) {
  std::string page = fmt::format(
      ".\\\" Made from the declarations of the command line.\n"
      ".TH ARBITER 1 \"\" \"Arbiter {}\" \"User Commands\"\n"
      ".SH NAME\narbiter \\- measure every AllReduce of a machine and decide which one to use\n"
      ".SH SYNOPSIS\n{}\n.SH DESCRIPTION\n{}.SH OPTIONS\n",
      version, synopsis(app), description_text(app.get_description()));
  for (const CLI::Option* option : app.get_options()) {
    if (!option->get_group().empty()) page += option_text(*option);
  }
  for (const auto& [title, text] : sections) {
    page += fmt::format(".SH {}\n", title);
    std::istringstream lines{std::string(text)};
    for (std::string line; std::getline(lines, line);) page += fmt::format(".PP\n{}\n", roff(line));
  }
  return page;
}

}  // namespace arbiter
