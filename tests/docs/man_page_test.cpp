// SPDX-License-Identifier: Apache-2.0
// The manual page that the build makes and an installation has.
#include <sstream>

#include <gmock/gmock.h>

#include "arbiter/files.hpp"
#include "docs/pages.hpp"

namespace arbiter::testing {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

TEST(ManPage, HasEveryOptionThatTheHelpHas) {
  const auto source = read_file(BUILT_MAN_PAGE);
  std::istringstream help(run({BUILD "/bin/runner", "--help"}).output);
  int options = 0;
  for (std::string line; std::getline(help, line);) {
    const auto start = line.find("--");
    if (line.find_first_not_of(' ') != start || start == std::string::npos) continue;
    ++options;
    std::string name = line.substr(start, line.find_first_of(", ", start) - start);
    for (std::size_t at = 0; (at = name.find('-', at)) != std::string::npos; at += 2) name.insert(at, "\\");
    EXPECT_THAT(source, HasSubstr("\\fB" + name + "\\fR"));
  }
  EXPECT_GT(options, 15);
}

TEST(ManPage, IsReadWithoutAWarningAndReadsAsText) {
  if (run({"sh", "-c", "command -v groff"}).exit_code != 0) GTEST_SKIP() << "there is no groff";
  const auto page = run({"groff", "-man", "-Tascii", "-P-c", "-P-b", "-P-u", "-ww", BUILT_MAN_PAGE});
  EXPECT_EQ(page.exit_code, 0);
  EXPECT_THAT(page.output, Not(HasSubstr("warning")));
  EXPECT_THAT(page.output, Not(HasSubstr("error")));
  EXPECT_THAT(page.output, AllOf(HasSubstr("\nNAME\n"), HasSubstr("\nSYNOPSIS\n"), HasSubstr("--config FILE"),
                                 HasSubstr("Needs --diff."), HasSubstr("\nEXIT STATUS\n"), Not(HasSubstr("\\f"))));
}

TEST(ManPage, IsInstalledUnderBothNames) {
  EXPECT_EQ(read_file(PREFIX "/share/man/man1/arbiter.1"), read_file(BUILT_MAN_PAGE));
  EXPECT_EQ(read_file(PREFIX "/share/man/man1/runner.1"), ".so man1/arbiter.1\n");
}

}  // namespace
}  // namespace arbiter::testing
