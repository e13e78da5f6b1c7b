// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace arbiter {

/// A table in C++ source: nested braces with numbers in the innermost ones, and the comments between them.
struct ScannedTable {
  struct Node {
    int line = 0;
    std::vector<Node> children;
    std::vector<long> numbers;
  };

  std::string name;
  Node root;
  std::vector<std::string> comments;  ///< of // lines inside the braces, in order, without // and blanks
};

/// The names of `AllReduceBestStrategyTableType <name> = {` in a source, and the positions of their braces.
struct TableStart {
  std::string name;
  std::size_t brace;
};
[[nodiscard]] std::vector<TableStart> table_starts(const std::string& text);

/// Reads one of them. Throws DataError: file:line: found, allowed.
[[nodiscard]] ScannedTable scan_table(const std::string& file, const std::string& text, const TableStart& start);

}  // namespace arbiter
