// SPDX-License-Identifier: Apache-2.0
#include "io/text_lines.hpp"

#include <algorithm>
#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace arbiter::test {

namespace {

/// All that a reader can see of a text, with a record of two lines where a line ends in "+".
std::vector<std::string> seen(TextLines& lines) {
  std::vector<std::string> all;
  while (lines.next()) {
    if (lines.line().ends_with('+') && lines.extend() && lines.line().ends_with('-')) lines.retreat();
    all.push_back(std::to_string(lines.number()) + " " + std::string(lines.line()) + (lines.ended() ? "" : " cut"));
  }
  return all;
}

}  // namespace

TEST(TextLines, AreTheSameWhateverThePartsThatTheTextComesIn) {
  for (const std::string text : {"a\nb\r\n\n  \nc+\nd\ne+\nf-\ng", "\xEF\xBB\xBFhead\nx\n", "", "\n\n", "+\n", "one"}) {
    TextLines whole{std::string_view(text)};
    const std::vector<std::string> expected = seen(whole);
    for (const std::size_t bytes : {std::size_t{3}, std::size_t{5}, text.size() + 1}) {
      std::size_t at = 0;
      TextLines lines([&](std::size_t) {
        std::string part = text.substr(std::min(at, text.size()), bytes);
        at += part.size();
        return part;
      });
      EXPECT_EQ(seen(lines), expected) << text << " in parts of " << bytes;
    }
  }
}

}  // namespace arbiter::test
