// SPDX-License-Identifier: Apache-2.0
#include "sweep/auto_choice.hpp"

#include <gmock/gmock.h>

#include "support/decisions_data.hpp"

namespace arbiter::test {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class AutoChoiceTest : public ::testing::Test {
 protected:
  /// TWOSHOT needs a token per rank.
  static Support supports(const std::string& strategy, const Problem& problem) {
    if (strategy == "TWOSHOT" && problem.num_tokens < problem.tp_size) return Support::no("fewer tokens than ranks");
    return strategy == "GONE" ? Support::no("there is no plugin GONE") : Support::yes();
  }
  std::string choose(const std::string& named, std::int64_t tokens, const std::string& fallback = "MPI") {
    const FunctionSelector selector("lut", [&](const Problem&) { return named; });
    const auto problem = cell_of(128, tokens);
    return choice_.choose(selector, fallback, problem,
                          [&](const std::string& strategy) { return supports(strategy, problem); });
  }

  std::vector<std::string> warnings_;
  AutoChoice choice_{[this](std::string_view line) { warnings_.emplace_back(line); }};
};

TEST_F(AutoChoiceTest, IsWhatTheSelectorNames) {
  EXPECT_EQ(choose("TWOSHOT", 2), "TWOSHOT");
  EXPECT_THAT(warnings_, IsEmpty());
}

TEST_F(AutoChoiceTest, IsTheFallbackWhereTheShapeIsNotSupportedAndWarnsOncePerStrategy) {
  EXPECT_EQ(choose("TWOSHOT", 1), "MPI");
  EXPECT_EQ(choose("TWOSHOT", 1), "MPI");
  EXPECT_THAT(warnings_, ElementsAre(AllOf(HasSubstr("AUTO runs MPI where lut names TWOSHOT"),
                                           HasSubstr("1 tokens x 128: fewer tokens than ranks"))));
  EXPECT_EQ(choose("GONE", 2), "MPI");
  EXPECT_EQ(warnings_.size(), 2U);
}

TEST_F(AutoChoiceTest, StaysWithTheSelectorWhereTheFallbackIsNoBetter) {
  EXPECT_EQ(choose("TWOSHOT", 1, "GONE"), "TWOSHOT");
  EXPECT_THAT(warnings_, IsEmpty());
}

}  // namespace
}  // namespace arbiter::test
