// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
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
  /// Of a text too long to be held: `more` returns its next part, of about that many bytes, and nothing at its end.
  using More = std::function<std::string(std::size_t bytes)>;
  explicit TextLines(More more);
  TextLines(const TextLines&) = delete;
  TextLines& operator=(const TextLines&) = delete;

  /// Goes to the next line that is not blank; false if there is none.
  bool next();
  /// Makes the line after it part of the record; false if there is none.
  bool extend();
  /// Takes all extend() back.
  void retreat();
  /// What is held of the text after the record; at first its start.
  [[nodiscard]] std::string_view rest() const { return rest_; }
  /// The record. Lives until the next call of next(), extend() or retreat().
  [[nodiscard]] std::string_view line() const { return line_; }
  /// Of the record's first line.
  [[nodiscard]] std::int64_t number() const { return number_; }
  /// Whether this line has its end; a file whose last line has none may be cut.
  [[nodiscard]] bool ended() const { return ended_; }

 private:
  /// Gets the next part of the text; false if there is none.
  bool refill();

  More more_;           // null if all of the text is held
  std::string buffer_;  // the record and what follows it, if there is `more_`
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
