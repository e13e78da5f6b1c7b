// SPDX-License-Identifier: Apache-2.0
#include <map>
#include <sstream>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "cpp_header/enumerators.hpp"
#include "cpp_header/header_text.hpp"
#include "support/decisions_tables.hpp"
#include "support/process.hpp"
#include "support/temp_dir.hpp"

namespace arbiter::test {

namespace {

/// Reads shapes, writes the strategy's name, its number and the fusion's name for each.
constexpr const char* asking = R"(
#include "decision.hpp"
#include <cinttypes>
#include <cstdio>
constexpr my::engine::Strategy at_compile_time =
    my::engine::select(2, my::engine::Fusion::NONE, 1, 1, my::engine::DType::float32);
int main() {
  int tp = 0;
  int fusion = 0;
  int dtype = 0;
  std::int64_t tokens = 0;
  std::int64_t hidden = 0;
  std::printf("%s\n", name_of(at_compile_time));
  while (std::scanf("%d %d %d %" SCNd64 " %" SCNd64, &tp, &fusion, &dtype, &tokens, &hidden) == 5) {
    const auto named = static_cast<my::engine::Fusion>(fusion);
    const auto format = static_cast<my::engine::DType>(dtype);
    const my::engine::Strategy answer = my::engine::select(tp, named, tokens, hidden, format);
    const bool same = dtype != 0 || answer == my::engine::select(tp, named, tokens, hidden);
    std::printf("%s %d %s\n", name_of(answer), static_cast<int>(answer), same ? name_of(named) : "differ");
  }
}
)";

const std::map<std::string, int> ids = {{"NCCL", 0}, {"ONESHOT", 4}, {"TWOSHOT", 5}, {"MNNVL", 7}, {"my-own", 4}};

std::optional<int> table_id(const std::string& name) {
  const auto found = ids.find(name);
  return found == ids.end() ? std::nullopt : std::optional(found->second);
}

constexpr int no_fusion = 77;

/// A header as a program: what it answers, line by line.
class CompiledHeader {
 public:
  explicit CompiledHeader(const DecisionTable& table) : fusions_(fusion_values(table)) {
    static_cast<void>(dir_.write("decision.hpp", header_text(table, {"my::engine", {"a \\"}}, table_id)));
    const auto source = dir_.write("asking.cpp", asking);
    const auto compiled = arbiter::testing::run({CXX_COMPILER, "-std=c++17", "-O1", "-Wall", "-Wextra", "-Wpedantic",
                                                 "-Wshadow", "-Wconversion", "-Wsign-conversion", "-Wold-style-cast",
                                                 "-Werror", "-o", program(), source.string()});
    EXPECT_EQ(compiled.output, "");
    EXPECT_EQ(compiled.exit_code, 0);
  }

  [[nodiscard]] int number_of(const std::string& fusion) const {
    for (const Enumerator& value : fusions_) {
      if (value.name == fusion) return value.value;
    }
    return no_fusion;
  }

  [[nodiscard]] std::vector<std::string> answers(const std::vector<Problem>& problems) const {
    std::string text;
    for (const Problem& problem : problems) {
      text += fmt::format("{} {} {} {} {}\n", problem.tp_size, number_of(problem.fusion),
                          static_cast<int>(problem.dtype), problem.num_tokens, problem.hidden_size);
    }
    const auto shapes = dir_.write("shapes", text);
    const auto asked = arbiter::testing::run({"/bin/sh", "-c", program() + " < " + shapes.string()});
    EXPECT_EQ(asked.exit_code, 0);
    std::vector<std::string> lines;
    std::istringstream stream(asked.output);
    for (std::string line; std::getline(stream, line);) lines.push_back(line);
    return lines;
  }

 private:
  [[nodiscard]] std::string program() const { return (dir_.path() / "asking").string(); }

  TempDir dir_;
  std::vector<Enumerator> fusions_;
};

void expect_agreement(const DecisionTable& table) {
  const CompiledHeader header(table);
  std::vector<Problem> problems = cells_in(table);
  std::mt19937_64 random(99);
  for (int i = 0; i < 100'000; ++i) problems.push_back(any_problem(random));
  const auto answers = header.answers(problems);
  ASSERT_EQ(answers.size(), problems.size() + 1);
  EXPECT_EQ(answers[0], table.select({2, DType::float32, "NONE", 1, 1}));
  std::map<std::string, int> numbers;
  for (const Enumerator& strategy : strategy_values(table, table_id)) numbers[strategy.name] = strategy.value;
  for (std::size_t i = 0; i < problems.size(); ++i) {
    const std::string& strategy = table.select(problems[i]);
    const bool known = header.number_of(problems[i].fusion) != no_fusion;
    ASSERT_EQ(answers[i + 1], fmt::format("{} {} {}", strategy, numbers[strategy], known ? problems[i].fusion : ""))
        << to_string(problems[i]);
  }
}

}  // namespace

class CompiledHeaderAgrees : public ::testing::TestWithParam<LookUp> {};

TEST_P(CompiledHeaderAgrees, WithTheLibraryOnEveryCellAndOnAnyShape) { expect_agreement(any_table(GetParam(), 3)); }

INSTANTIATE_TEST_SUITE_P(EveryRule, CompiledHeaderAgrees,
                         ::testing::Values(LookUp::exact, LookUp::nearest, LookUp::message_size, LookUp::floor_log2),
                         [](const auto& rule) { return std::string(name_of(rule.param)); });

TEST(CompiledHeader, AgreesOnSizesAtTheEndOfNumbers) {
  DecisionTable table{LookUp::message_size, {}, {}, "NCCL"};
  table.grids.push_back({2,
                         DType::bfloat16,
                         "NONE",
                         {1, 3'037'000'499, endless},
                         {1, 94'906'266, 94'906'268, 9'007'199'515'875'289, endless},
                         {"ONESHOT", "TWOSHOT", "NCCL"},
                         {0, 1, 2, 0, 1, 2, 0, 1, 2, 0, 1, 2, 0, 1, 2}});
  expect_agreement(table);
  table.look_up = LookUp::nearest;
  expect_agreement(table);
}

TEST(CompiledHeader, OfATableWithNothingIsItsFallback) {
  DecisionTable table{LookUp::nearest, {}, {}, "int"};
  table.grids.push_back({2, DType::bfloat16, "NONE", {}, {}, {}, {}});
  table.steps.push_back({4, DType::bfloat16, "NONE", {}});
  expect_agreement(table);
  expect_agreement({LookUp::exact, {}, {}, "NCCL"});
}

TEST(CompiledHeader, GivesAStrategyWhoseNumberIsTakenOneOfItsOwn) {
  DecisionTable table{LookUp::nearest, {}, {}, "NCCL"};
  table.steps.push_back({2, DType::bfloat16, "NONE", {{8, "my-own"}, {16, "ONESHOT"}, {endless, "new"}}});
  const auto values = strategy_values(table, table_id);
  std::map<std::string, int> numbers;
  for (const Enumerator& value : values) numbers[value.name] = value.value;
  const std::map<std::string, int> expected = {{"NCCL", 0}, {"ONESHOT", 4}, {"my-own", 1000}, {"new", 1001}};
  EXPECT_EQ(numbers, expected);
}

TEST(CompiledHeader, FindsEachOfManySizesBetweenTwoPowersOfTwo) {
  DecisionGrid grid{2, DType::bfloat16, "NONE", {}, {}, {"ONESHOT", "TWOSHOT", "NCCL"}, {}};
  for (std::int64_t value = 1024; value < 2048; value += 50) grid.hidden_sizes.push_back(value);
  for (std::int64_t value = 16; value < 32; ++value) grid.num_tokens.push_back(value);
  for (std::size_t cell = 0; cell < grid.hidden_sizes.size() * grid.num_tokens.size(); ++cell) {
    grid.cells.push_back(static_cast<std::uint16_t>(cell * cell % 3));
  }
  DecisionTable table{LookUp::exact, {grid}, {}, "MNNVL"};
  expect_agreement(table);
  table.look_up = LookUp::nearest;
  expect_agreement(table);
  DecisionTable steps{LookUp::exact, {}, {}, "MNNVL"};
  steps.steps.push_back({2, DType::bfloat16, "NONE", {}});
  for (std::int64_t byte = 2; byte < 200; byte += 2) {
    steps.steps.front().steps.push_back({byte, byte % 6 == 0 ? "NCCL" : byte % 6 == 2 ? "ONESHOT" : "TWOSHOT"});
  }
  const CompiledHeader header(steps);
  std::vector<Problem> problems;
  for (std::int64_t tokens = 0; tokens <= 101; ++tokens) problems.push_back({2, DType::bfloat16, "NONE", 1, tokens});
  const auto answers = header.answers(problems);
  ASSERT_EQ(answers.size(), problems.size() + 1);
  for (std::size_t i = 0; i < problems.size(); ++i) {
    EXPECT_EQ(answers[i + 1].substr(0, answers[i + 1].find(' ')), steps.select(problems[i])) << i;
  }
}

}  // namespace arbiter::test
