// SPDX-License-Identifier: Apache-2.0
#include "sdk/numbers.hpp"

#include <cstdint>

#include <gtest/gtest.h>

namespace arbiter {
namespace {

TEST(ParseInteger, ReadsDecimalOnly) {
  EXPECT_EQ(parse_integer("0"), 0);
  EXPECT_EQ(parse_integer("-12"), -12);
  EXPECT_EQ(parse_integer("9223372036854775807"), INT64_MAX);
  for (const char* text : {"", "-", "+1", "010", "-010", "00", "0x10", "1e3", "1.0", "1_000", "1,000", " 1", "1 ",
                           "64K", "9223372036854775808", "١"}) {
    EXPECT_EQ(parse_integer(text), std::nullopt) << text;
  }
}

TEST(ParseReal, ReadsFiniteDecimalNumbers) {
  EXPECT_EQ(parse_real("2"), 2.0);
  EXPECT_EQ(parse_real("-0.5"), -0.5);
  EXPECT_EQ(parse_real("1e-6"), 1e-6);
  for (const char* text :
       {"", ".", "nan", ".nan", "inf", ".inf", "-inf", "0x1p3", "01.5", "1,5", "1.5%", "1e999", "+1"}) {
    EXPECT_EQ(parse_real(text), std::nullopt) << text;
  }
}

TEST(NumberHint, SaysHowToWriteTheNumberThatWasMeant) {
  EXPECT_EQ(number_hint("0x10"), "; numbers are decimal: write 16");
  EXPECT_EQ(number_hint("0o17"), "; numbers are decimal: write 15");
  EXPECT_EQ(number_hint("010"), "; a leading zero may mean octal: write 10");
  EXPECT_EQ(number_hint("000"), "; a leading zero may mean octal: write 0");
  EXPECT_EQ(number_hint("+8"), "; write 8");
  EXPECT_EQ(number_hint("1e3"), "; write 1000");
  EXPECT_EQ(number_hint("1_024"), "; write 1024, or a list in brackets: [1, 2]");
  EXPECT_EQ(number_hint("2,4"), "; write 24, or a list in brackets: [1, 2]");
  for (const char* text : {"", "0x", "0xzz", "abc", "2.5", "1e300", "12", "-3", ",", "_"}) {
    EXPECT_EQ(number_hint(text), "") << text;
  }
}

TEST(NumberHint, ReadsNothingIntoNumbersThatADoubleMayNotHold) {
  EXPECT_EQ(number_hint("8e15"), "; write 8000000000000000");
  EXPECT_EQ(number_hint("9e15"), "");
  EXPECT_EQ(number_hint("-8e15"), "; write -8000000000000000");
  EXPECT_EQ(number_hint("-9e15"), "");
  EXPECT_EQ(number_hint("2.0"), "; write 2");
  EXPECT_EQ(number_hint("1'024"), "; write 1024, or a list in brackets: [1, 2]");
  EXPECT_EQ(number_hint("0X10"), "; numbers are decimal: write 16");
}

}  // namespace
}  // namespace arbiter
