#pragma once

#include <string>
#include <utility>
#include <vector>

namespace arbiter {

/// One value of an enumeration in the header.
struct Enumerator {
  std::string identifier;
  int value = 0;
  std::string name;  ///< in the run
};

/// Names and their values as enumerators, in the order given. What C++ does not take in an identifier becomes an
/// underscore; identifiers that would be alike get a number.
[[nodiscard]] std::vector<Enumerator> enumerators(const std::vector<std::pair<std::string, int>>& values);

/// Whether a text is an identifier that a namespace may have.
[[nodiscard]] bool is_identifier(const std::string& text);

/// `"text"`, with what needs a backslash.
[[nodiscard]] std::string cpp_string(const std::string& text);

/// For a // comment: one line, no backslash at its end.
[[nodiscard]] std::string comment_text(std::string text);

}  // namespace arbiter
