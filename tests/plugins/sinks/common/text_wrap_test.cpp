// SPDX-License-Identifier: Apache-2.0
#include "common/text_wrap.hpp"

#include <gmock/gmock.h>

namespace arbiter::test {

TEST(Wrapped, LeavesShortLinesAlone) {
  EXPECT_THAT(wrapped("", 4), ::testing::ElementsAre(""));
  EXPECT_THAT(wrapped(std::string(summary_width, 'x'), 4), ::testing::ElementsAre(std::string(summary_width, 'x')));
  const std::string full = "a " + std::string(summary_width - 2, 'x');
  EXPECT_THAT(wrapped(full, 4), ::testing::ElementsAre(full));
}

TEST(Wrapped, BreaksAtBlanksAndIndents) {
  std::string line = "  start";
  for (int i = 0; i < 60; ++i) line += " word";
  const std::vector<std::string> pieces = wrapped(line, 6);
  EXPECT_GT(pieces.size(), 2U);
  std::string joined = pieces[0];
  for (std::size_t i = 1; i < pieces.size(); ++i) {
    EXPECT_TRUE(pieces[i].starts_with("      word"));
    joined += pieces[i].substr(5);
  }
  EXPECT_EQ(joined, line);
  for (const std::string& piece : pieces) EXPECT_LE(piece.size(), summary_width);
}

TEST(Wrapped, KeepsANumberAndItsUnitTogether) {
  const std::string line = std::string(summary_width - 4, 'x') + " 100 % of all";
  EXPECT_THAT(wrapped(line, 2), ::testing::ElementsAre(std::string(summary_width - 4, 'x'), "  100 % of all"));
}

TEST(Wrapped, LetsAWordThatIsTooLongStand) {
  const std::string word(summary_width + 20, 'x');
  EXPECT_THAT(wrapped("a " + word + " b", 2), ::testing::ElementsAre("a", "  " + word, "  b"));
}

}  // namespace arbiter::test
