// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <deque>
#include <string>
#include <string_view>
#include <vector>

namespace arbiter {

/// Splits one record of a CSV into fields: commas, double quotes with "" inside for one, blanks around a field dropped;
/// within quotes, line ends too.
class CsvFields {
 public:
  /// False if a quote is not closed or is followed by text. The views live until the next call, and as `line` does.
  [[nodiscard]] bool split(std::string_view line);
  [[nodiscard]] const std::vector<std::string_view>& fields() const { return fields_; }

 private:
  std::vector<std::string_view> fields_;
  std::deque<std::string> unescaped_;
};

/// Throws BadLine (text_lines.hpp) for the fields of a header whose separator is a semicolon or a tab: it is one field.
void expect_commas(const std::vector<std::string_view>& names);

/// Letters, digits and underscores, at least one.
[[nodiscard]] bool is_identifier(std::string_view text);

/// Quotes the text if needed, so that split() returns it.
[[nodiscard]] std::string csv_field(std::string_view text);

}  // namespace arbiter
