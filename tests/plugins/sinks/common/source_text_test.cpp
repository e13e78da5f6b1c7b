// SPDX-License-Identifier: Apache-2.0
#include "common/source_text.hpp"

#include <gtest/gtest.h>

namespace arbiter::test {

TEST(CppText, KnowsWhatANamespaceMayBeCalled) {
  for (const char* good : {"engine", "a1", "Engine_2"}) EXPECT_TRUE(is_cpp_identifier(good)) << good;
  for (const char* bad : {"", "namespace", "a-b", "1a", "_a", "a__b", "std", "INT64_MAX", "linux"}) {
    EXPECT_FALSE(is_cpp_identifier(bad)) << bad;
  }
}

TEST(CppText, StaysWithinItsLiteral) {
  EXPECT_EQ(cpp_string("a\"b\\c\n1"), R"("a\"b\\c\0121")");
  EXPECT_EQ(cpp_string("?\?/?"), R"("?\?/?")");
  EXPECT_EQ(cpp_string("\xC3\xA9\xFF"), R"("\303\251\377")");
}

TEST(CppText, StaysWithinItsComment) {
  EXPECT_EQ(cpp_comment("one\ntwo\rthree"), "// one\\ntwo\\x0dthree\n");
  EXPECT_EQ(cpp_comment("one\\ \\  "), "// one\\ \\x5c\n");
  EXPECT_EQ(cpp_comment("one?\?/ "), "// one??\\x2f\n");
  EXPECT_EQ(cpp_comment("plain"), "// plain\n");
  EXPECT_EQ(cpp_comment(""), "//\n");
}

TEST(HashComment, IsAsManyAsItTakesWithoutCuttingACharacter) {
  EXPECT_EQ(hash_comment("one\rtwo"), "# one\\x0dtwo\n");
  EXPECT_EQ(hash_comment("abcdef", 5), "# abc\n# def\n");
  EXPECT_EQ(hash_comment("ab\xC3\xA9"
                         "f",
                         5),
            "# ab\n# \xC3\xA9"
            "f\n");
  EXPECT_EQ(hash_comment(""), "# \n");
}

TEST(PythonText, StaysWithinItsLiteral) {
  EXPECT_EQ(python_string("NONE"), "'NONE'");
  EXPECT_EQ(python_string("it's \\ \"one\"\n"), R"('it\'s \\ "one"\n')");
}

}  // namespace arbiter::test
