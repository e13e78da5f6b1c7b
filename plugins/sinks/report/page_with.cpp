// SPDX-License-Identifier: Apache-2.0
#include "arbiter/names.hpp"
#include "report/page_text.hpp"

namespace arbiter {

std::string script_json(const nlohmann::ordered_json& json) {
  std::string escaped;
  for (const char c : json_text(json)) {
    switch (c) {
      case '<': escaped += "\\u003c"; break;
      case '>': escaped += "\\u003e"; break;
      case '&': escaped += "\\u0026"; break;
      default: escaped += c;
    }
  }
  return escaped;
}

std::string page_with(const nlohmann::ordered_json& data) {
  constexpr std::string_view place = "{{data}}";
  std::string page(page_text());
  page.replace(page.find(place), place.size(), script_json(data));
  return page;
}

}  // namespace arbiter
