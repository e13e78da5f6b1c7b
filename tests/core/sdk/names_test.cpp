// SPDX-License-Identifier: Apache-2.0
#include "arbiter/names.hpp"

#include <algorithm>
#include <set>

#include <gmock/gmock.h>

#include "support/hostile_names.hpp"

namespace arbiter {
namespace {

TEST(PlainText, LeavesWhatPrints) {
  for (const char* text : {"", "RESIDUAL_RMS_NORM", "a \\ b", "\xC3\xA9\xE4\xB8\xAD\xF0\x9F\x9A\x80"}) {
    EXPECT_EQ(plain_text(text), text);
  }
}

TEST(PlainText, ShowsWhatDoesNotPrintByItsNumber) {
  EXPECT_EQ(plain_text("a\nb\tc\x1B[31m\x7F"), "a\\nb\\x09c\\x1b[31m\\x7f");
  EXPECT_EQ(plain_text(std::string("a\0b", 3)), "a\\x00b");
  EXPECT_EQ(plain_text("\xC2\x9B"
                       "31m"),
            "\\u009b31m")
      << "a terminal takes it for ESC [";
  const std::string right_to_left{'\xE2', '\x80', '\xAE'};  // in pieces: compilers warn of it in a literal
  const std::string end_of_isolate{'\xE2', '\x81', '\xA9'};
  EXPECT_EQ(plain_text(right_to_left + "abc" + end_of_isolate + "\xEF\xBB\xBF\xF3\xA0\x80\x81"),
            "\\u202eabc\\u2069\\ufeff\\U000e0001");
}

TEST(PlainText, ShowsBytesThatAreNoUtf8) {
  EXPECT_EQ(plain_text("\xFF\xC3("), "\\xff\\xc3(");
  EXPECT_EQ(plain_text("\xC0\xAF"), "\\xc0\\xaf") << "a longer form of /";
  EXPECT_EQ(plain_text("\xED\xA0\x80"), "\\xed\\xa0\\x80") << "a surrogate";
  EXPECT_EQ(plain_text("\xF4\x90\x80\x80"), "\\xf4\\x90\\x80\\x80") << "beyond the last character";
  EXPECT_EQ(plain_text("\xE4\xB8"), "\\xe4\\xb8") << "cut short";
}

TEST(PlainText, EndsBetweenTwoCharacters) {
  EXPECT_EQ(plain_text("abcdef", 6), "abcdef");
  EXPECT_EQ(plain_text("abcdef", 5), "abcde...");
  EXPECT_EQ(plain_text("ab\xC3\xA9", 3), "ab...");
  EXPECT_EQ(plain_text("ab\x1B", 5), "ab...");
}

TEST(PlainLines, IndentsFurtherLinesSoThatNoneLooksLikeAnother) {
  EXPECT_EQ(plain_lines("one\r\nerror: two\x1B[2J\tthree\n"), "one\n  error: two\\x1b[2J\tthree\n");
}

TEST(FileName, IsTheNameWhereThatIsPossible) {
  for (const char* name : {"NONE", "sm90", "RESIDUAL_RMS_NORM", "a b-c.d+e=f,g", "CONTEXT"})
    EXPECT_EQ(file_name(name), name);
}

TEST(FileName, NamesOneFileThatNoSystemTakesForAnythingElse) {
  EXPECT_EQ(file_name("../x"), "%2E.%2Fx");
  EXPECT_EQ(file_name(".."), "%2E%2E");
  EXPECT_EQ(file_name("-rf"), "%2Drf");
  EXPECT_EQ(file_name("con"), "%63on");
  EXPECT_EQ(file_name("LPT1.txt"), "%4CPT1.txt");
  EXPECT_EQ(file_name(""), "%");
  EXPECT_EQ(file_name("100%"), "100%25");
  EXPECT_EQ(file_name(" a "), "%20a%20");
}

TEST(FileName, TellsNamesApart) {
  std::set<std::string> files = {file_name("a/b"), file_name("a_b"), file_name("a%2Fb"),
                                 file_name(std::string(500, 'x')), file_name(std::string(501, 'x'))};
  EXPECT_EQ(files.size(), 5U);
  for (const std::string& file : files) EXPECT_LE(file.size(), 120U);
}

TEST(Names, OfAnyKindAreOneLineAndOneFile) {
  for (const auto& [what, name] : test::hostile_names()) {
    const auto controls = [](unsigned char c) { return c < 32 || c == 127; };
    EXPECT_TRUE(std::ranges::none_of(plain_text(name), controls)) << what;
    EXPECT_EQ(plain_text(plain_text(name)), plain_text(name)) << what << " is not UTF-8 yet";
    EXPECT_EQ(file_name(name).find_first_of("/\\:*?\"<>|\n"), std::string::npos) << what;
  }
}

}  // namespace
}  // namespace arbiter
