// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

namespace arbiter {

// How names stand in the source that sinks write (arbiter/names.hpp has the forms that are not source).

/// "// text", with its line end, in plain_text(). It ends with its line: the last character is never a backslash, nor a
/// trigraph for one, also before blanks.
[[nodiscard]] std::string cpp_comment(std::string_view text);

/// `"text"`: the same bytes, whatever character set the compiler takes the source for.
[[nodiscard]] std::string cpp_string(std::string_view text);

/// The nearest identifier: what C++ does not take becomes an underscore; what it or its usual headers use already (key
/// words, names with two underscores, macros) becomes another one. At most 200 characters. Different texts can have the
/// same.
[[nodiscard]] std::string cpp_identifier(std::string_view text);
/// Whether a text is its own cpp_identifier(), as a namespace may have it.
[[nodiscard]] bool is_cpp_identifier(std::string_view text);

/// "# text", with its line end, in plain_text(): a comment of Python and of NCCL's tuner. Where that is longer than
/// `longest` bytes it is as many comments as it takes.
[[nodiscard]] std::string hash_comment(std::string_view text, std::size_t longest = std::string_view::npos);

/// The first line of a Python file. Without it, a comment of the first two lines could name the file's encoding.
inline constexpr const char* python_encoding = "# -*- coding: utf-8 -*-\n";

/// `'text'` in plain_text(), which Python reads back. Bytes that are not UTF-8 become the characters of their numbers.
[[nodiscard]] std::string python_string(std::string_view text);

}  // namespace arbiter
