// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

namespace arbiter::test {

/// Wrapped and indented lines as one text with single spaces.
inline std::string unwrapped(const std::vector<std::string>& lines) {
  std::string text;
  for (const auto& line : lines) text += line + " ";
  for (auto at = text.find("  "); at != std::string::npos; at = text.find("  ")) text.erase(at, 1);
  return text;
}

}  // namespace arbiter::test
