// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

namespace arbiter {

/// The page as it is built in: the files of page/ in one, with `{{data}}` once, where its JSON goes.
[[nodiscard]] std::string_view page_text();

/// JSON as it may stand in a <script> of HTML, which ends at the first "</script": nothing in it is markup, and it
/// reads back as the same JSON. The one place that escapes for HTML; the page's script makes text nodes only.
[[nodiscard]] std::string script_json(const nlohmann::ordered_json& json);

/// The page with its data.
[[nodiscard]] std::string page_with(const nlohmann::ordered_json& data);

}  // namespace arbiter
