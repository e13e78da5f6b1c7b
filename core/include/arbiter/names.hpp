// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "arbiter/export.hpp"

namespace arbiter {

// Names are data. Those of strategies, fusions, selectors and machines come from files, engines and plugins, and may
// have any bytes. Whatever is written for a person, a file system or a JSON reader goes through these functions; what
// is written in a programming language goes through that language's own. All are thread-safe.

/// One line of UTF-8 that changes nothing but itself on a terminal, in a log or in a comment. What does not print there
/// is shown by its number: control characters and bytes that are not UTF-8 as \x1b (a line end as \n), characters that
/// reorder, hide or separate text as \u202e. A backslash stays one, so this is to be read by people, not to be read
/// back. A result of more than `longest` bytes ends early, between two characters, and then in "...".
[[nodiscard]] ARBITER_EXPORT std::string plain_text(std::string_view text,
                                                    std::size_t longest = std::string_view::npos);

/// plain_text() of each line, of a text that has several; tabs stay. Lines after the first are indented, so that none
/// passes for the beginning of another message.
[[nodiscard]] ARBITER_EXPORT std::string plain_lines(std::string_view text);

/// A name of one file or folder, not of a path, for a name with any bytes: letters, digits, blanks, and any of
/// _ - . + = , stay; other bytes become % and two hexadecimal digits, as do a first dot, dash or blank, a last dot or
/// blank, and the first letter of what some systems take for a device (CON). One of more than 120 bytes is cut and gets
/// ~ and a hash. So different names have different files, and each is its own name where that is possible.
[[nodiscard]] ARBITER_EXPORT std::string file_name(std::string_view name);

/// JSON as text, of a nlohmann::json or ordered_json, in lines with that indentation or (-1) in one. JSON is UTF-8:
/// bytes that are not become U+FFFD.
template <class Json>
[[nodiscard]] std::string json_text(const Json& json, int indentation = -1) {
  return json.dump(indentation, ' ', false, Json::error_handler_t::replace);
}

}  // namespace arbiter
