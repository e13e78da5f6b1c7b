// SPDX-License-Identifier: Apache-2.0
#include "config/yaml_tree.hpp"

#include <string>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "config/diagnostics.hpp"

namespace arbiter {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

std::string diagnostics_of(const std::string& text) {
  Diagnostics diagnostics("sweep.yaml");
  static_cast<void>(parse_yaml(text, -1, diagnostics));
  return diagnostics.message();
}

TEST(ParseYaml, KeepsOrderPositionsAndQuotes) {
  Diagnostics diagnostics("sweep.yaml");
  const auto root = parse_yaml("b: 1\na:\n  - '2'\n  - \n", -1, diagnostics);
  ASSERT_TRUE(root && diagnostics.empty()) << diagnostics.message();
  ASSERT_EQ(root->entries.size(), 2U);
  EXPECT_EQ(root->entries[0].key, "b");
  EXPECT_EQ(root->entries[0].value.mark.column, 4);
  const YamlNode& list = root->find("a")->value;
  ASSERT_EQ(list.items.size(), 2U);
  EXPECT_TRUE(list.items[0].quoted);
  EXPECT_EQ(list.items[0].mark.line, 3);
  EXPECT_EQ(list.items[0].mark.column, 5);
  EXPECT_TRUE(list.items[1].is_null());
  EXPECT_FALSE(root->entries[0].value.quoted);
}

TEST(ParseYaml, CopiesWhatAnAliasStandsFor) {
  Diagnostics diagnostics("sweep.yaml");
  const auto root = parse_yaml("a: &shape {x: [1, 2]}\nb: *shape\n", -1, diagnostics);
  ASSERT_TRUE(root && diagnostics.empty()) << diagnostics.message();
  EXPECT_EQ(root->find("b")->value.find("x")->value.items.at(1).scalar, "2");
}

TEST(ParseYaml, GivesNullForATextOfNothing) {
  for (const char* text : {"", "\n\n", "# only words\n", "---\n", "~\n", "\xEF\xBB\xBF"}) {
    Diagnostics diagnostics("sweep.yaml");
    const auto root = parse_yaml(text, -1, diagnostics);
    ASSERT_TRUE(root) << diagnostics.message();
    EXPECT_TRUE(root->is_null()) << text;
  }
}

TEST(ParseYaml, ReportsADuplicateKeyAndWhereTheFirstIs) {
  EXPECT_EQ(diagnostics_of("a: 1\nb:\n  c: 1\n  d: 2\n  c: 3\na: {x: 1, x: 2}\n"),
            "sweep.yaml:5:3: b.c: given twice; the first is in line 3\n"
            "sweep.yaml:6:1: a: given twice; the first is in line 1\n"
            "sweep.yaml:6:11: a.x: given twice; the first is in line 6");
}

TEST(ParseYaml, ReportsKeysThatAreNoNamesAndTags) {
  EXPECT_EQ(diagnostics_of("{[1]: 2, ~: 3}"),
            "sweep.yaml:1:2: found a list as a key; allowed: a name\n"
            "sweep.yaml:1:10: found nothing as a key; allowed: a name");
  EXPECT_EQ(diagnostics_of("a: !!int 5"),
            "sweep.yaml:1:4: a: found the YAML tag tag:yaml.org,2002:int; tags are not used here");
}

TEST(ParseYaml, ReportsSyntaxErrorsWithTheirPosition) {
  EXPECT_THAT(diagnostics_of("a: [1, 2\nb: 3\n"), StartsWith("sweep.yaml:2:"));
  EXPECT_THAT(diagnostics_of("a: 1\n b: 2\n"), StartsWith("sweep.yaml:2:3: not YAML: illegal map value"));
  EXPECT_THAT(diagnostics_of("a: *nowhere\n"), StartsWith("sweep.yaml:1:4: not YAML: "));
  EXPECT_THAT(diagnostics_of(std::string("a: 1\0b: 2", 9)), StartsWith("sweep.yaml:1:7: not YAML: illegal map value"));
}

TEST(ParseYaml, ReportsTabsOfTheIndentation) {
  EXPECT_EQ(diagnostics_of("a:\n  b: 1\n\tc: 2\n"),
            "sweep.yaml:3:1: not YAML: illegal tab when looking for indentation");
  EXPECT_EQ(diagnostics_of("a:\n\tb: 1\n \t\n\t# words\nc:\n  \td\n"),
            "sweep.yaml:2:3: not YAML: illegal map value; is the line above complete and indented alike, with spaces, "
            "not tabs?");
  EXPECT_EQ(diagnostics_of("a:\t1\t# words\r\nb: 2\r\n"), "");
}

TEST(ParseYaml, ReportsAQuoteWithoutEnd) {
  EXPECT_EQ(diagnostics_of("a: 1\nb: \"open\nc: 2\n"),
            "sweep.yaml:3:5: not YAML: illegal EOF in scalar; a quote has no end");
  EXPECT_EQ(diagnostics_of("b: 'it''s\n"), "sweep.yaml:1:10: not YAML: illegal EOF in scalar; a quote has no end");
  EXPECT_EQ(diagnostics_of("a: \"\\\"\"\nb: '''x'''\nc: &d 'x\n  y'\ne: ['x', \"\"]\n"), "");
}

TEST(ParseYaml, PutsAMissingValueWhereItsKeyIs) {
  Diagnostics diagnostics("sweep.yaml");
  const auto root = parse_yaml("a:\n\n\nb: ~\n", -1, diagnostics);
  ASSERT_TRUE(root && diagnostics.empty()) << diagnostics.message();
  EXPECT_EQ(root->find("a")->value.mark.line, 1);
  EXPECT_EQ(root->find("b")->value.mark.line, 4);
  EXPECT_EQ(root->find("b")->value.mark.column, 4);
}

TEST(ParseYaml, RefusesASecondDocument) {
  EXPECT_THAT(diagnostics_of("a: 1\n---\nb: 2\n"),
              ::testing::MatchesRegex("sweep.yaml:[23]:1: a second YAML document starts here; allowed: one document"));
  EXPECT_THAT(diagnostics_of("a: 1\n---\n[broken\n"), HasSubstr("a second YAML document starts here"));
  EXPECT_EQ(diagnostics_of("---\na: 1\n...\n"), "");
  EXPECT_EQ(diagnostics_of("# words\n,a: 1\n"),
            "sweep.yaml:2:1: a second YAML document starts here; allowed: one document");
}

TEST(ParseYaml, RefusesAliasesWithoutEnd) {
  EXPECT_THAT(diagnostics_of("a: &x [*x]"), HasSubstr("an alias inside the value that it refers to"));
  std::string bomb = "a0: &a0 [1, 1, 1, 1, 1, 1, 1, 1, 1, 1]\n";
  for (int i = 1; i < 10; ++i) {
    bomb += fmt::format("a{0}: &a{0} [*a{1}", i, i - 1);
    for (int j = 1; j < 10; ++j) bomb += fmt::format(", *a{}", i - 1);
    bomb += "]\n";
  }
  EXPECT_THAT(diagnostics_of(bomb), HasSubstr("the aliases expand to more than a million values"));
}

TEST(ParseYaml, RefusesNestingWithoutEnd) {
  EXPECT_THAT(diagnostics_of(std::string(100'000, '[')), HasSubstr("not YAML"));
}

TEST(Diagnostics, StayShortWhenEverythingIsWrong) {
  Diagnostics diagnostics("sweep.yaml");
  for (int i = 1; i <= 1000; ++i) diagnostics.add({i, 1, -1}, "a", "wrong");
  EXPECT_THAT(diagnostics.message(), ::testing::EndsWith("sweep.yaml:200:1: a: wrong\nsweep.yaml: 800 more mistakes"));
}

TEST(Printable, StaysOnOneShortLine) {
  EXPECT_EQ(printable("a\nb\tc\x1B[31m"), "a\\nb\\x09c\\x1b[31m");
  EXPECT_EQ(printable(std::string(1000, 'x')), std::string(80, 'x') + "...");
}

}  // namespace
}  // namespace arbiter
