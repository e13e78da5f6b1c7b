// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace CLI {
class App;
}

namespace arbiter {

/// What a manual page says besides the options.
struct ManSection {
  std::string_view title;  ///< "EXIT STATUS"
  std::string_view text;   ///< a paragraph a line
};

/// The manual page of a command line, in roff's man macros: the application's description and every option that its
/// --help shows, with what it needs and excludes.
[[nodiscard]] std::string man_page(const CLI::App& app, std::span<const ManSection> sections);

}  // namespace arbiter
