// SPDX-License-Identifier: Apache-2.0
#include "io/cpp_table_file.hpp"

#include <gmock/gmock.h>

#include "arbiter/error.hpp"
#include "model/published_ids.hpp"
#include "support/decisions_data.hpp"

namespace arbiter::test {

namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

// As the sink writes it.
constexpr const char* own = R"(// AllReduce lookup: [tp][fusion][hidden][tokens] = strategy
// TP:[2, 8] Fusion:['NONE', 'RESIDUAL_RMS_NORM_QUANT_FP8']
inline AllReduceBestStrategyTableType AllReduceBestStrategyTableSM90 = {
    {
        // TP=2
        { // Fusion=NONE
            {4,4,5}, // hidden_size=1024
            {4,5,0} // hidden_size=2048
        },
        { // Fusion=RESIDUAL_RMS_NORM_QUANT_FP8
            {8,8,8}, // hidden_size=1024
            {8,8,0} // hidden_size=2048
        }
    },
    {
        // TP=8
        { // Fusion=NONE
            {5,5,5}, // hidden_size=1024
            {0,0,99} // hidden_size=2048
        },
        { // Fusion=RESIDUAL_RMS_NORM_QUANT_FP8
            {4,4,4}, // hidden_size=1024
            {4,4,4} // hidden_size=2048
        }
    }
};
// Tokens:[1, 2, 4]
)";

/// As an engine holds it: several rows on a line, no hidden sizes in the comments, several tables.
constexpr const char* engine = R"(
// Fusion:['NONE']
/* Hidden sizes are told
   by their place. */
using AllReduceBestStrategyTableType = std::vector<std::vector<std::vector<std::vector<int>>>>;
inline AllReduceBestStrategyTableType AllReduceBestStrategyTableSM90
    = {{    // TP=2
           {// Fusion=NONE
               {4, 4}, {4, 5}, /* two
               lines */ {5, 0}},
           {// Fusion=RESIDUAL_RMS_NORM
               {0, 0}, {0, 0}, {0, 0}}}};
inline AllReduceBestStrategyTableType AllReduceBestStrategyTableSM100 = {{{{5}}}};
inline const std::unordered_map<int, AllReduceBestStrategyTableType> AllReduceBestStrategyTable = {
    {90, AllReduceBestStrategyTableSM90}};
)";

std::string mistake(const std::string& text, const std::string& table = {}) {
  try {
    static_cast<void>(read_cpp_table("table.cpp", text, {.table = table}));
  } catch (const DataError& error) {
    return error.what();
  }
  return "no mistake";
}

std::string with(const std::string& text, const std::string& old_part, const std::string& new_part) {
  std::string changed = text;
  changed.replace(changed.find(old_part), old_part.size(), new_part);
  return changed;
}

std::string own_with(const std::string& old_part, const std::string& new_part) { return with(own, old_part, new_part); }

}  // namespace

TEST(CppTableFile, ReadsWhatTheSinkWrites) {
  const DecisionTable table = read_cpp_table("table.cpp", own);
  EXPECT_EQ(table.look_up, LookUp::floor_log2);
  EXPECT_EQ(table.select(cell_of(1024, 1)), "ONESHOT");
  EXPECT_EQ(table.select(cell_of(1024, 4)), "TWOSHOT");
  EXPECT_EQ(table.select(cell_of(2048, 2)), "TWOSHOT");
  EXPECT_EQ(table.select(cell_of(2048, 4)), "NCCL");
  EXPECT_EQ(table.select({8, DType::bfloat16, "NONE", 2048, 4}), "MPI");
  EXPECT_EQ(table.select({2, DType::float16, "RESIDUAL_RMS_NORM_QUANT_FP8", 1024, 4}), "NCCL_SYMMETRIC");
}

TEST(CppTableFile, IsLookedUpAsItsConsumerDoes) {
  const DecisionTable table = read_cpp_table("table.cpp", own);
  EXPECT_EQ(table.select(cell_of(2047, 3)), "ONESHOT");  // 1024 x 2
  EXPECT_EQ(table.select(cell_of(2880, 3)), "TWOSHOT");  // 2048 x 2
  EXPECT_EQ(table.select(cell_of(4096, 1)), "NCCL");     // no such row
  EXPECT_EQ(table.select(cell_of(1024, 8)), "NCCL");
  EXPECT_EQ(table.select({3, DType::bfloat16, "NONE", 1024, 4}), "TWOSHOT");  // floor(log2(3)) is that of 2
  EXPECT_EQ(table.select({8, DType::bfloat16, "NONE", 1024, 1}), "TWOSHOT");
  EXPECT_EQ(table.select({4, DType::bfloat16, "NONE", 1024, 1}), "NCCL");
  // What also writes norm_out has the same index.
  EXPECT_EQ(table.select({2, DType::bfloat16, "RESIDUAL_RMS_NORM_OUT_QUANT_FP8", 1024, 4}), "NCCL_SYMMETRIC");
  EXPECT_EQ(table.select({2, DType::bfloat16, "RESIDUAL_RMS_NORM_OUT_QUANT_NVFP4", 1024, 4}), "NCCL");
}

TEST(CppTableFile, ReadsAnEnginesHeaderWhoseAxesAreToldByPlace) {
  ASSERT_TRUE(holds_cpp_tables(engine));
  const DecisionTable table = read_cpp_table("utils.h", engine, {.table = "AllReduceBestStrategyTableSM90"});
  EXPECT_EQ(table.select(cell_of(128, 2)), "ONESHOT");
  EXPECT_EQ(table.select(cell_of(256, 2)), "TWOSHOT");
  EXPECT_EQ(table.select(cell_of(512, 1)), "TWOSHOT");
  EXPECT_EQ(table.select(cell_of(512, 2)), "NCCL");
  EXPECT_EQ(table.select({2, DType::bfloat16, "RESIDUAL_RMS_NORM", 128, 1}), "NCCL");
  EXPECT_EQ(table.grids.size(), 4U);  // tp 2 and 3, two fusions
  const DecisionTable second = read_cpp_table("utils.h", engine, {.table = "AllReduceBestStrategyTableSM100"});
  EXPECT_EQ(second.select(cell_of(128, 1)), "TWOSHOT");
}

TEST(CppTableFile, KnowsATableFromAMentionOfItsType) {
  EXPECT_FALSE(holds_cpp_tables("using AllReduceBestStrategyTableType = std::vector<int>;"));
  EXPECT_FALSE(holds_cpp_tables("std::map<int, AllReduceBestStrategyTableType> tables = {}"));
  EXPECT_FALSE(holds_cpp_tables("extern AllReduceBestStrategyTableType x;"));
}

TEST(CppTableFile, NamesTheLineOfAMistake) {
  EXPECT_EQ(mistake(own_with("{4,4,5}", "{4,x,5}")), "table.cpp:7: found x, allowed: numbers, commas and braces");
  EXPECT_THAT(mistake(own_with("{4,5,0}", "{4,55,0}")),
              HasSubstr("table.cpp:8: found strategy 55, allowed: 0 NCCL, 1 MIN_LATENCY"));
  EXPECT_EQ(mistake(own_with("{4,5,0}", "{4,5}")),
            "table.cpp:8: found 2, allowed: 3 token counts, as many in each block");
  EXPECT_EQ(mistake(own_with("{4,5,0}", "{4,{5},0}")),
            "table.cpp:8: found another depth of braces, allowed: 3 token counts, as many in each block");
  EXPECT_EQ(mistake(with(engine, "{0, 0}, {0, 0}, {0, 0}", "{0, 0}, {0, 0}"), "AllReduceBestStrategyTableSM90"),
            "table.cpp:11: found 2, allowed: 3 hidden sizes, as many in each block");
  EXPECT_EQ(mistake("AllReduceBestStrategyTableType A = {{}}"),
            "table.cpp:1: found 0, allowed: one or more fusions, as many in each block");
  EXPECT_EQ(mistake("AllReduceBestStrategyTableType A = {{{{1}}} /* "),
            "table.cpp:1: found a comment without end, allowed: */");
  EXPECT_EQ(mistake("AllReduceBestStrategyTableType A = " + std::string(100'000, '{')),
            "table.cpp:1: found braces within braces, allowed: four levels: tp, fusion, hidden size, tokens");
}

TEST(CppTableFile, RefusesAFileThatEndsInsideATable) {
  EXPECT_EQ(mistake("AllReduceBestStrategyTableType A = {{{{1"),
            "table.cpp:1: found the end of the file inside A, allowed: its closing braces: the file is cut");
  const std::string whole = own;
  const std::size_t start = whole.find("= {") + 3;
  const std::size_t end = whole.rfind("};");
  for (std::size_t length = start; length < end; ++length) {
    EXPECT_THAT(mistake(whole.substr(0, length)),
                AllOf(HasSubstr("the end of the file inside AllReduceBestStrategyTableSM90"), HasSubstr("is cut")));
  }
  // The list of tokens stands behind the table.
  for (std::size_t length = end + 2; length < whole.size() - 2; ++length) {
    EXPECT_THAT(mistake(whole.substr(0, length)), HasSubstr("a comment Tokens:[...] with 3 entries after the table"));
  }
  EXPECT_EQ(mistake(whole), "no mistake");
}

TEST(CppTableFile, ReadsAxesThatAreNoPowersOfTwoByTheNearestCell) {
  const DecisionTable table = read_cpp_table("table.cpp", own_with("Tokens:[1, 2, 4]", "Tokens:[1, 3, 48]"));
  EXPECT_EQ(table.look_up, LookUp::nearest);
  EXPECT_EQ(table.select(cell_of(1024, 48)), "TWOSHOT");
  EXPECT_EQ(table.select(cell_of(1024, 40)), "TWOSHOT");
  EXPECT_EQ(table.select(cell_of(1024, 3)), "ONESHOT");
  EXPECT_EQ(table.select(cell_of(3000, 48)), "NCCL");
  EXPECT_EQ(table.select({3, DType::bfloat16, "NONE", 1024, 48}), "NCCL") << "no such tp size";
}

TEST(CppTableFile, KnowsNumbersThatTheFileExplainsOrTheReaderKnows) {
  const std::string text = own_with("{4,4,5}", "{100,121,5}");
  EXPECT_EQ(mistake(text),
            "table.cpp:7: found strategy 100, allowed: " + known_table_ids() +
                ", the table_id of an installed or configured strategy, or a line // Strategy 100: NAME in the file");
  CppTableReading reading;
  reading.strategy_of_id = [](long id) { return id == 121 ? std::optional<std::string>("TREE") : std::nullopt; };
  const DecisionTable table = read_cpp_table("table.cpp", "// Strategy 100: MY RING\n" + text, reading);
  EXPECT_EQ(table.select(cell_of(1024, 1)), "MY RING");
  EXPECT_EQ(table.select(cell_of(1024, 2)), "TREE");
}

TEST(CppTableFile, TakesTheTableOfThePlatformAsTheEngineDoes) {
  const auto of_platform = [](const std::string& platform) {
    return find_cpp_table("utils.h", engine, {.platform = platform});
  };
  EXPECT_EQ(of_platform("sm90"), "AllReduceBestStrategyTableSM90");
  EXPECT_EQ(of_platform("sm80"), "AllReduceBestStrategyTableSM90");
  EXPECT_EQ(of_platform("sm100"), "AllReduceBestStrategyTableSM100");
  EXPECT_EQ(of_platform("sm120"), "AllReduceBestStrategyTableSM100");
  EXPECT_EQ(find_cpp_table("table.cpp", own, {.platform = "sm100"}), "AllReduceBestStrategyTableSM90")
      << "the only one";
}

TEST(CppTableFile, RefusesToGuessBetweenTables) {
  EXPECT_EQ(mistake(engine),
            "table.cpp: found 2 tables (AllReduceBestStrategyTableSM90, AllReduceBestStrategyTableSM100), none of them "
            "for an unknown platform, allowed: one; name it: table.cpp#AllReduceBestStrategyTableSM90");
  try {
    static_cast<void>(find_cpp_table("table.cpp", std::string(own) + own, {.platform = "sm90"}));
    FAIL() << "took one";
  } catch (const DataError& error) {
    EXPECT_THAT(error.what(), HasSubstr("2 of them for sm90, allowed: one"));
  }
}

TEST(CppTableFile, FallsBackAsTheEnginesOwnCodeSays) {
  const std::string newer = std::string(own) + "\n  return AllReduceStrategyType::NCCL_SYMMETRIC;\n";
  EXPECT_EQ(read_cpp_table("utils.h", newer).select(cell_of(4096, 1)), "NCCL_SYMMETRIC");
}

TEST(CppTableFile, RefusesAxesThatDoNotAscend) {
  EXPECT_EQ(mistake(own_with("Tokens:[1, 2, 4]", "Tokens:[1, 4, 3]")),
            "table.cpp: AllReduceBestStrategyTableSM90: tokens: found 1, 4, 3, allowed: ascending numbers from 1 to "
            "1099511627776");
  EXPECT_THAT(mistake(own_with("// TP=8", "// TP=2")), HasSubstr("TP: found 2, 2, allowed: ascending numbers"));
  EXPECT_THAT(mistake(own_with("// TP=8", "// TP=4611686018427387904")), HasSubstr("numbers from 1 to 1024"));
  std::string other_block = own;
  other_block.replace(other_block.rfind("hidden_size=2048"), 16, "hidden_size=4096");
  EXPECT_EQ(mistake(other_block),
            "table.cpp: AllReduceBestStrategyTableSM90: found hidden_size=4096, allowed: 2048, "
            "as in the table's first block");
  EXPECT_EQ(mistake("AllReduceBestStrategyTableType A = {{{{0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0}}}}"),
            "table.cpp: A: found 16 entries in the axis Tokens, allowed: a comment Tokens:[...] with as many, or up to "
            "15 entries");
}

TEST(CppTableFile, NamesTheTablesThereAre) {
  EXPECT_THAT(mistake(engine, "AllReduceBestStrategyTableSM9"),
              HasSubstr("did you mean AllReduceBestStrategyTableSM90"));
}

TEST(CppTable, CommentsMayFollowEachOtherAndBeginWithASlash) {
  const std::string text =
      "// TP:[2] Fusion:['NONE']\ninline AllReduceBestStrategyTableType A = {{{/* a *//* b *//*/ c */{4,/**/5}}}};\n"
      "// hidden_size=128\n// Tokens:[1, 2]\n";
  EXPECT_EQ(mistake(text), "no mistake");
  EXPECT_EQ(mistake("inline AllReduceBestStrategyTableType A = {{{{4 /*/ }}}};"),
            "table.cpp:1: found a comment without end, allowed: */");
}

TEST(CppTableFile, HasAxesAndNamesOfAnyLength) {
  const std::string long_name(1 << 20, 'x');
  std::string tokens;
  for (int i = 1; i <= 100000; ++i) tokens += std::to_string(i) + ", ";
  const auto table = read_cpp_table("table.cpp", "// Strategy 100: " + long_name + "\n// Tokens:[" + tokens +
                                                     "]\n// TP:[2] Fusion:['NONE'] Hidden:[1024] Tokens:[1]\n"
                                                     "AllReduceBestStrategyTableType" +
                                                     std::string(1 << 20, ' ') + "x = {{{{100}}}};\n");
  EXPECT_EQ(table.select({2, DType::bfloat16, "NONE", 1024, 1}), long_name);
}

}  // namespace arbiter::test
