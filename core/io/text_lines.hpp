// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <stdexcept>
#include <string>
#include <string_view>

namespace arbiter {

/// The error of one line of a file, without its position.
struct BadLine : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// The lines of a text without their ends (\n or \r\n), numbered from 1. Several of them may be one record. A UTF-8
/// byte-order mark is passed over.
class TextLines {
 public:
  explicit TextLines(std::string_view text);

  /// Goes to the next line that is not blank; false if there is none.
  bool next();
  /// Makes the line after it part of the record; false if there is none.
  bool extend();
  /// Takes all extend() back.
  void retreat();
  /// The record.
  [[nodiscard]] std::string_view line() const { return line_; }
  /// Of the record's first line.
  [[nodiscard]] std::int64_t number() const { return number_; }
  /// Whether this line has its end; a file whose last line has none may be cut.
  [[nodiscard]] bool ended() const { return ended_; }

 private:
  std::string_view rest_;
  std::string_view record_;  // with all that follows it
  std::string_view line_;
  std::int64_t number_ = 1;
  std::int64_t lines_ = 0;  // of the record
  bool ended_ = true;
};

/// Throws DataError for UTF-16, which starts with a byte-order mark of its own.
void refuse_utf16(const std::filesystem::path& file, std::string_view text);

/// "<file>:<line>: <error>", and a hint where the file ends in this line.
[[nodiscard]] std::string positioned(const std::filesystem::path& file, const TextLines& lines, const BadLine& error);

/// Throws BadLine "column '<column>': found '<found>', allowed <allowed>".
[[noreturn]] void refuse_field(std::string_view column, std::string_view found, std::string_view allowed);

/// Throws BadLine for the last field of a line without its end: a part of a number or a name reads like a whole one.
[[noreturn]] void refuse_cut_field(std::string_view column, std::string_view found);

}  // namespace arbiter
