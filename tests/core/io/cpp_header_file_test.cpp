// SPDX-License-Identifier: Apache-2.0
// What the sink writes is read in tests/plugins/sinks/cpp_header; here are mistakes.
#include "io/cpp_header_file.hpp"

#include <gmock/gmock.h>

#include "arbiter/error.hpp"

namespace arbiter::test {

namespace {

using ::testing::HasSubstr;

constexpr const char* header =
    R"(// Which AllReduce to use for which shape. Written by Arbiter; needs C++17 and nothing else.
enum class Strategy : int {
  NCCL = 0,
  my_own = 1000,
};
constexpr const char* name_of(Strategy value) {
  switch (value) {
    case Strategy::NCCL: return "NCCL";
    case Strategy::my_own: return "my \"own\" \011one";
  }
}
inline constexpr Strategy strategies[] = {
    Strategy::NCCL,
    Strategy::my_own,
};
inline constexpr Strategy fallback = Strategy::NCCL;

// tp 2, bfloat16, NONE
inline constexpr std::int64_t hidden_sizes_0[] = {100, 200};
inline constexpr std::int64_t num_tokens_0[] = {3};
inline constexpr Starts hidden_sizes_starts_0 = starts_of(hidden_sizes_0, 2);
inline constexpr short cells_0[] = {
    1,
    -1,
};
// tp 4, float32, NONE
inline constexpr Step steps_0[] = {
    {4096, 1},
    {INT64_MAX, 0},
};
  return find_cell(grid, num_tokens, hidden_size);
#endif  // X
)";

std::string mistake(std::string text, const std::string& old_part = {}, const std::string& new_part = {}) {
  if (!old_part.empty()) text.replace(text.find(old_part), old_part.size(), new_part);
  try {
    static_cast<void>(read_cpp_header("d.hpp", text));
  } catch (const DataError& error) {
    return error.what();
  }
  return "no mistake";
}

}  // namespace

TEST(CppHeaderFile, HasTheNamesThatTheHeaderGivesItsStrategies) {
  ASSERT_TRUE(is_cpp_header(header));
  const DecisionTable table = read_cpp_header("d.hpp", header);
  EXPECT_EQ(table.look_up, LookUp::exact);
  EXPECT_EQ(table.select({2, DType::bfloat16, "NONE", 100, 3}), "my \"own\" \tone");
  EXPECT_EQ(table.select({2, DType::bfloat16, "NONE", 200, 3}), "NCCL");
  EXPECT_EQ(table.select({4, DType::float32, "NONE", 1024, 1}), "my \"own\" \tone");
  EXPECT_EQ(table.select({4, DType::float32, "NONE", 1025, 1}), "NCCL");
}

TEST(CppHeaderFile, NamesTheLineOfAMistake) {
  EXPECT_EQ(mistake(header, "{100, 200}", "{100, x}"), "d.hpp:19: found x, allowed: a whole number");
  EXPECT_EQ(mistake(header, "    1,\n", "    2,\n"), "d.hpp:23: found 2, allowed: the index of a strategy");
  EXPECT_EQ(mistake(header, "Strategy fallback = Strategy::NCCL", "Strategy fallback = Strategy::NCLL"),
            "d.hpp:16: found NCLL, allowed: a strategy of the header's enumeration");
  EXPECT_THAT(mistake(header, "{100, 200}", "{200, 100}"), HasSubstr("an axis that does not ascend"));
}

TEST(CppHeaderFile, IsRefusedWhereverItIsCut) {
  const std::string whole = header;
  for (std::size_t length = whole.find("    case"); length < whole.find("#endif"); ++length) {
    EXPECT_NE(mistake(whole.substr(0, length)), "no mistake") << length;
  }
  EXPECT_EQ(
      mistake(whole.substr(0, whole.find("  return find"))),
      "d.hpp:30: found the end of the file inside the header, allowed: all of it, down to its #endif: the file is "
      "cut");
}

TEST(CppHeaderFile, RefusesANameThatIsTooLong) {
  EXPECT_THAT(mistake(header, R"("NCCL")", '"' + std::string(1 << 20, 'x') + '"'), HasSubstr("NCCL"));
}

}  // namespace arbiter::test
