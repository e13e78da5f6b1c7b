// SPDX-License-Identifier: Apache-2.0
#include <vector>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "arbiter/decision_table.hpp"
#include "arbiter/error.hpp"
#include "arbiter/names.hpp"
#include "io/json_cursor.hpp"
#include "io/table_json.hpp"
#include "sdk/nearest.hpp"

namespace arbiter {

namespace {

nlohmann::json parsed(const std::string& file, const std::string& text) {
  try {
    return nlohmann::json::parse(text);
  } catch (const nlohmann::json::exception& error) {
    throw DataError(fmt::format("{}: allowed: JSON; found: {}", file, error.what()));
  }
}

}  // namespace

std::string to_json(const DecisionTable& table) { return json_text(table_to_json(table)); }

DecisionTable read_decision_json(const std::string& file, const std::string& text, const std::string& selector) {
  const nlohmann::json json = parsed(file, text);
  const JsonCursor root(json, file);
  const JsonCursor format = root.at("format");
  if (format.text() != decision_json_format) format.refuse(fmt::format("\"{}\"", decision_json_format));
  static_cast<void>(root.at("version").integer(1, decision_json_version));

  const JsonCursor list = root.at("selectors");
  std::vector<std::string> names;
  for (const JsonCursor& item : list.items()) {
    names.push_back(item.at("name").text());
    if (selector.empty() || names.back() == selector) return table_from_json(item.at("table"));
  }
  if (names.empty()) list.refuse("at least one selector");
  list.refuse("no " + selector, fmt::format("a name after the #{}", suggestion(selector, names)));
}

}  // namespace arbiter
