// SPDX-License-Identifier: Apache-2.0
#include "sweep/part.hpp"

#include <gmock/gmock.h>

#include "arbiter/error.hpp"

namespace arbiter {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Pair;

/// Strategies with their interpreters.
Config config_of(const std::vector<std::pair<std::string, std::string>>& strategies, std::vector<int> tp_sizes) {
  Config config;
  config.tp_sizes = std::move(tp_sizes);
  for (const auto& [name, interpreter] : strategies) {
    PluginChoice choice;
    choice.name = choice.plugin = name;
    if (!interpreter.empty()) choice.interpreter = {interpreter, "3.12.3", ""};
    config.strategies.push_back(choice);
  }
  return config;
}

std::vector<std::string> texts_of(const std::vector<Part>& parts) {
  std::vector<std::string> texts;
  for (const auto& part : parts) {
    std::string text = to_string(part) + ":";
    for (const auto& name : part.strategies) text += " " + name;
    texts.push_back(text + (part.measures ? "" : " (decides)"));
  }
  return texts;
}

TEST(Parts, AreOneWithoutAnInterpreter) {
  const auto parts = parts_of(config_of({{"MPI", ""}, {"ONESHOT", ""}}, {2, 8}), 4);
  EXPECT_THAT(texts_of(parts), ElementsAre("tp 2, 8: MPI ONESHOT"));
  EXPECT_EQ(parts[0].ranks, 4) << "the plan says what needs more";
  EXPECT_TRUE(parts[0].is_last());
}

TEST(Parts, AreOneWithOneInterpreterAndOneTpSize) {
  const auto parts = parts_of(config_of({{"MPI", ""}, {"X", "/p"}, {"ONESHOT", ""}}, {2}), 8);
  EXPECT_THAT(texts_of(parts), ElementsAre("tp 2 in /p (3.12.3): MPI X ONESHOT"));
  EXPECT_EQ(parts[0].ranks, 2);
}

TEST(Parts, AreOneForEachInterpreterAndTpSizeAndOneThatDecides) {
  const auto config = config_of({{"MPI", ""}, {"X", "/p"}, {"Y", "/q"}, {"Z", "/p"}}, {2, 4, 8});
  const auto parts = parts_of(config, 4);
  EXPECT_THAT(texts_of(parts),
              ElementsAre("tp 2 in /p (3.12.3): MPI X Z", "tp 4 in /p (3.12.3): MPI X Z", "tp 2 in /q (3.12.3): Y",
                          "tp 4 in /q (3.12.3): Y", "tp 2, 4, 8: MPI (decides)"));
  EXPECT_EQ(parts[1].ranks, 4);
  EXPECT_EQ(parts[1].number, 2);
  EXPECT_EQ(parts[1].count, 5);
  EXPECT_FALSE(parts[1].is_last());
}

TEST(Parts, LeaveOutWhatHasNoInterpreterAndTheLastSaysWhy) {
  auto config = config_of({{"MPI", ""}, {"X", "/p"}, {"Y", "/q"}}, {2});
  config.strategies[1].interpreter.unusable = "/p, which is cpython 3.8.1";
  const auto parts = parts_of(config, 4);
  EXPECT_THAT(texts_of(parts), ElementsAre("tp 2 in /q (3.12.3): MPI Y"));
  EXPECT_THAT(parts[0].unusable, ElementsAre(Pair("X", HasSubstr("found /p, which is cpython 3.8.1"))));
}

TEST(Parts, GiveAnInterpreterUpFromThereOn) {
  const auto config = config_of({{"MPI", ""}, {"X", "/p"}, {"Y", "/q"}}, {2, 4});
  auto parts = parts_of(config, 4);
  give_up_interpreter(parts, 1, config, "a rank left");
  EXPECT_THAT(texts_of(parts), ElementsAre("tp 2 in /p (3.12.3): MPI X", "tp 4: MPI", "tp 2 in /q (3.12.3): Y",
                                           "tp 4 in /q (3.12.3): Y", "tp 2, 4: MPI (decides)"));
  EXPECT_THAT(parts.back().unusable, ElementsAre(Pair("X", "ranks in /p do not work: a rank left")));
  give_up_interpreter(parts, 2, config, "another left");
  EXPECT_THAT(texts_of(parts), ElementsAre("tp 2 in /p (3.12.3): MPI X", "tp 4: MPI", "tp 2, 4: MPI (decides)"));
  EXPECT_EQ(parts[2].number, 3);
  EXPECT_EQ(parts[2].count, 3);
}

TEST(Parts, OfWhichThereIsOneMeasureTheRestWithoutTheirInterpreter) {
  const auto config = config_of({{"MPI", ""}, {"X", "/p"}}, {2});
  auto parts = parts_of(config, 4);
  give_up_interpreter(parts, 0, config, "a rank left");
  EXPECT_THAT(texts_of(parts), ElementsAre("tp 2: MPI"));
  EXPECT_TRUE(parts[0].measures);
}

TEST(Parts, AreReadAsTheyWereWritten) {
  Part part{"/opt/a b/python", "3.12.3", {2, 4}, 4, {"MPI", "X\"Y"}, false, {{"Z", "no"}}, 2, 3};
  EXPECT_EQ(decoded_part(encoded(part)), part);
  EXPECT_EQ(encoded(part).find('\n'), std::string::npos);
  EXPECT_THROW(static_cast<void>(decoded_part("{}")), Error);
  EXPECT_THROW(static_cast<void>(decoded_part("part 1")), Error);
}

Problem problem_of(std::int64_t tokens) { return {2, DType::bfloat16, "NONE", 64, tokens}; }

std::vector<std::string> names_of(const std::vector<SkippedCell>& cells) {
  std::vector<std::string> names;
  names.reserve(cells.size());
  for (const auto& cell : cells) names.push_back(cell.strategy + std::to_string(cell.problem.num_tokens));
  return names;
}

TEST(SkippedCellsOfAPart, AreItsOwnAndWhatNoStrategyCanDoAndNoneTwice) {
  Part part;
  part.strategies = {"MPI", "X"};
  const std::vector<SkippedCell> skipped = {
      {problem_of(1), "*", "too large"}, {problem_of(2), "MPI", "no"}, {problem_of(3), "X", "no"}};
  EXPECT_THAT(names_of(reported_by(part, skipped, {}, {})), ElementsAre("*1", "MPI2", "X3"));
  EXPECT_THAT(names_of(reported_by(part, skipped, {skipped[0], skipped[2]}, {})), ElementsAre("MPI2"));
  part.measures = false;
  EXPECT_THAT(names_of(reported_by(part, skipped, {}, {})), ElementsAre("*1"));
}

TEST(SkippedCellsOfAPart, AreNotWhatWasMeasuredBeforeItsInterpreterFailed) {
  Part part;
  part.unusable = {{"X", "gone"}};
  Measurement row;
  row.problem = problem_of(1);
  row.strategy = "X";
  EXPECT_THAT(names_of(reported_by(part, {{problem_of(1), "X", "gone"}, {problem_of(2), "X", "gone"}}, {}, {row})),
              ElementsAre("X2"));
}

}  // namespace
}  // namespace arbiter
