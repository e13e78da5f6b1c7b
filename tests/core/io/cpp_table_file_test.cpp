// SPDX-License-Identifier: Apache-2.0
#include "io/cpp_table_file.hpp"

#include <gmock/gmock.h>

#include "arbiter/error.hpp"
#include "support/decisions_data.hpp"

namespace arbiter::test {

namespace {

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
    static_cast<void>(read_cpp_table("table.cpp", text, table));
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
  const DecisionTable table = read_cpp_table("table.cpp", own, "");
  EXPECT_EQ(table.look_up, LookUp::floor_log2);
  EXPECT_EQ(table.select(cell_of(1024, 1)), "ONESHOT");
  EXPECT_EQ(table.select(cell_of(1024, 4)), "TWOSHOT");
  EXPECT_EQ(table.select(cell_of(2048, 2)), "TWOSHOT");
  EXPECT_EQ(table.select(cell_of(2048, 4)), "NCCL");
  EXPECT_EQ(table.select({8, DType::bfloat16, "NONE", 2048, 4}), "MPI");
  EXPECT_EQ(table.select({2, DType::float16, "RESIDUAL_RMS_NORM_QUANT_FP8", 1024, 4}), "NCCL_SYMMETRIC");
}

TEST(CppTableFile, IsLookedUpAsItsConsumerDoes) {
  const DecisionTable table = read_cpp_table("table.cpp", own, "");
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
  const DecisionTable table = read_cpp_table("utils.h", engine, "");
  EXPECT_EQ(table.select(cell_of(128, 2)), "ONESHOT");
  EXPECT_EQ(table.select(cell_of(256, 2)), "TWOSHOT");
  EXPECT_EQ(table.select(cell_of(512, 1)), "TWOSHOT");
  EXPECT_EQ(table.select(cell_of(512, 2)), "NCCL");
  EXPECT_EQ(table.select({2, DType::bfloat16, "RESIDUAL_RMS_NORM", 128, 1}), "NCCL");
  EXPECT_EQ(table.grids.size(), 4U);  // tp 2 and 3, two fusions
  const DecisionTable second = read_cpp_table("utils.h", engine, "AllReduceBestStrategyTableSM100");
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
  EXPECT_EQ(mistake(with(engine, "{0, 0}, {0, 0}, {0, 0}", "{0, 0}, {0, 0}")),
            "table.cpp:11: found 2, allowed: 3 hidden sizes, as many in each block");
  EXPECT_EQ(mistake("AllReduceBestStrategyTableType A = {{}}"),
            "table.cpp:1: found 0, allowed: one or more fusions, as many in each block");
  EXPECT_EQ(mistake("AllReduceBestStrategyTableType A = {{{{1"),
            "table.cpp:1: found the end of the file, allowed: numbers, commas and braces");
  EXPECT_EQ(mistake("AllReduceBestStrategyTableType A = {{{{1}}} /* "),
            "table.cpp:1: found a comment without end, allowed: */");
  EXPECT_EQ(mistake("AllReduceBestStrategyTableType A = " + std::string(100'000, '{')),
            "table.cpp:1: found braces within braces, allowed: four levels: tp, fusion, hidden size, tokens");
}

TEST(CppTableFile, RefusesAxesTheConsumersIndexDoesNotReach) {
  EXPECT_EQ(mistake(own_with("Tokens:[1, 2, 4]", "Tokens:[1, 3, 4]")),
            "table.cpp: AllReduceBestStrategyTableSM90: tokens: found 1, 3, 4, allowed: ascending powers of two up to "
            "1099511627776, as the engine's index is floor(log2)");
  EXPECT_THAT(mistake(own_with("// TP=8", "// TP=2")), HasSubstr("TP: found 2, 2, allowed: ascending powers of two"));
  EXPECT_THAT(mistake(own_with("// TP=8", "// TP=4611686018427387904")), HasSubstr("powers of two up to 1024"));
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

}  // namespace arbiter::test
