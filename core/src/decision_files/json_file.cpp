#include "decision_files/json_file.hpp"

#include <vector>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "arbiter/error.hpp"
#include "config/nearest.hpp"
#include "decision_files/json_place.hpp"
#include "decision_files/table_json.hpp"

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

DecisionTable read_decision_json(const std::string& file, const std::string& text, const std::string& selector) {
  const nlohmann::json json = parsed(file, text);
  const JsonPlace root(json, file);
  const JsonPlace format = root.at("format");
  if (format.text() != decision_format) format.refuse(fmt::format("\"{}\"", decision_format));
  static_cast<void>(root.at("version").integer(1, decision_version));

  const JsonPlace list = root.at("selectors");
  std::vector<std::string> names;
  for (const JsonPlace& item : list.items()) {
    names.push_back(item.at("name").text());
    if (selector.empty() || names.back() == selector) return table_from_json(item.at("table"));
  }
  if (names.empty()) list.refuse("at least one selector");
  list.refuse("no " + selector, fmt::format("a name after the #{}", suggestion(selector, names)));
}

}  // namespace arbiter
