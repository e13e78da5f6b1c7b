// SPDX-License-Identifier: Apache-2.0
#include <filesystem>
#include <random>
#include <sstream>

#include <gmock/gmock.h>

#include "arbiter/files.hpp"
#include "nccl_tuner/tuner_regions.hpp"
#include "support/decisions_report.hpp"
#include "support/engine_sinks.hpp"

namespace arbiter::test {

namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

const std::vector<std::string> variants = {"NCCL_RING_LL_4CH", "NCCL_RING_LL128_16CH", "NCCL_TREE_LL_8CH",
                                           "NCCL_NVLS_SIMPLE_16CH"};

struct Line {
  std::uint64_t min_bytes = 0;
  std::uint64_t max_bytes = 0;
  std::string algorithm;
  std::string protocol;
  int channels = 0;
  int nodes = 0;
  int ranks = 0;
};

/// As the plugins read it: '#' starts a comment, fields are split at commas, the first match decides.
std::vector<Line> parsed(const std::string& text) {
  std::vector<Line> lines;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) {
    if (line.empty() || line[0] == '#') continue;
    EXPECT_LT(line.size(), 255U);
    std::vector<std::string> fields;
    std::istringstream parts(line);
    for (std::string field; std::getline(parts, field, ',');) fields.push_back(field);
    EXPECT_EQ(fields.size(), 10U) << line;
    EXPECT_EQ(fields.at(0), "allreduce");
    EXPECT_EQ(fields.at(8), "-1");
    EXPECT_EQ(fields.at(9), "-1");
    lines.push_back({std::stoull(fields[1]), std::stoull(fields[2]), fields[3], fields[4], std::stoi(fields[5]),
                     std::stoi(fields[6]), std::stoi(fields[7])});
  }
  return lines;
}

/// What runs with Arbiter's plugin, as the name of the strategy that was measured: NCCL chooses where no line matches.
std::string consumer(const std::vector<Line>& lines, std::uint64_t bytes, int ranks) {
  for (const Line& line : lines) {
    if (bytes < line.min_bytes || bytes > line.max_bytes || line.nodes != 1 || line.ranks != ranks) continue;
    std::string name = fmt::format("NCCL_{}_{}_{}CH", line.algorithm, line.protocol, line.channels);
    std::ranges::transform(name, name.begin(), [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
    return name;
  }
  return "NCCL";
}

/// Two shapes of each size: `times` has the variants' in their order, then NCCL's own choice.
using Times = std::vector<double>;
void add(Dataset& data, int tp_size, std::int64_t tokens, const Times& times) {
  for (const std::int64_t hidden : {4096, 8192}) {
    const Problem problem{tp_size, DType::bfloat16, "NONE", hidden, tokens * 8192 / hidden};
    for (std::size_t i = 0; i < variants.size(); ++i) data.add(engine_context_row(problem, variants[i], times[i]));
    if (times.size() > variants.size()) data.add(engine_context_row(problem, "NCCL", times.back()));
  }
}

/// At each size another path is the best by far, NCCL's own choice among them, and every time is off by up to `noise`.
Dataset sweep(double noise, unsigned seed) {
  std::mt19937 random(seed);
  std::uniform_real_distribution<double> factor(1.0 - noise, 1.0 + noise);
  Dataset data(Machine{"sm90", {}});
  for (const int tp_size : {2, 4}) {
    for (const std::int64_t tokens : powers_of_two(1, 16384)) {
      Times times(5, 20.0);
      times[random() % times.size()] = 10.0;
      for (double& time : times) time *= factor(random);
      add(data, tp_size, tokens, times);
    }
  }
  return data;
}

std::filesystem::path artefact(const DecisionsReport& end) {
  return end.run.output_dir / "engines/nccl_tuner/nccl_tuner.conf";
}

std::vector<Line> written(DecisionsReport& end) {
  load_plugin<Sink>(PLUGIN)->write(end.report);
  return std::filesystem::exists(artefact(end)) ? parsed(read_file(artefact(end))) : std::vector<Line>{};
}

Judgement replay(const std::vector<Line>& lines, const Dataset& data) {
  std::map<std::string, std::vector<std::string>> paths = {{"NCCL", {"NCCL"}}};
  for (const std::string& name : variants) paths[name] = {name};
  Answers answers;
  for (const auto& [problem, cell] : data.cells()) {
    answers[problem] = consumer(lines, static_cast<std::uint64_t>(problem.message_bytes()), problem.tp_size);
  }
  return judge(data, answers, paths);
}

}  // namespace

TEST(NcclTuner, MakesNcclUseTheBestVariantOfEverySizeAndItsOwnChoiceElsewhere) {
  DecisionsReport end(sweep(0.0, 7));
  const auto lines = written(end);
  EXPECT_DOUBLE_EQ(replay(lines, end.dataset).worst, 0.0);
  EXPECT_EQ(consumer(lines, 16384, 8), "NCCL");  // never measured
}

TEST(NcclTuner, LeavesOutWhatNcclsOwnChoiceDoesAsWellAndWhatWasNotMeasured) {
  Dataset data(Machine{"sm90", {}});
  const Times own_wins = {20.0, 20.0, 20.0, 20.0, 10.0};
  const Times ring_ll_wins = {10.0, 20.0, 20.0, 20.0, 20.0};
  const Times ring_ll_ties = {10.0, 20.0, 20.0, 20.0, 10.09};
  const Times tree_wins = {20.0, 20.0, 10.0, 20.0, 20.0};
  add(data, 2, 1, own_wins);       // 16 KiB
  add(data, 2, 2, ring_ll_wins);   // 32 KiB
  add(data, 2, 4, ring_ll_wins);   // 64 KiB
  add(data, 2, 8, tree_wins);      // 128 KiB
  add(data, 2, 16, ring_ll_ties);  // 256 KiB
  add(data, 2, 32, ring_ll_wins);  // 512 KiB
  DecisionsReport end(data);
  const auto lines = written(end);
  ASSERT_EQ(lines.size(), 3U);
  EXPECT_EQ(lines[0].min_bytes, 32768U);
  EXPECT_EQ(lines[0].max_bytes, 65536U);
  EXPECT_EQ(lines[1].min_bytes, 65537U) << "between two variants there is no gap";
  EXPECT_EQ(lines[1].max_bytes, 131072U);
  EXPECT_EQ(lines[2].min_bytes, 524288U);
  EXPECT_EQ(lines[2].max_bytes, 524288U);
}

TEST(NcclTuner, KeepsAVariantWithinOnePercentOfTheBestOne) {
  Dataset data(Machine{"sm90", {}});
  add(data, 2, 1, {10.0, 20.0, 20.0, 20.0, 20.0});
  add(data, 2, 2, {10.08, 10.0, 20.0, 20.0, 20.0});
  add(data, 2, 4, {10.2, 10.0, 20.0, 20.0, 20.0});
  DecisionsReport end(data);
  const auto lines = written(end);
  ASSERT_EQ(lines.size(), 2U);
  EXPECT_EQ(lines[0].max_bytes, 32768U);
}

TEST(NcclTuner, StatesTheRegretThatItsReplayFindsAndIsNeverWorseThanNcclsOwnChoice) {
  for (unsigned seed = 1; seed <= 5; ++seed) {
    Dataset data = sweep(0.4, seed);
    data.append(sweep(0.5, seed + 50));  // two measurements of each cell: the faster counts
    DecisionsReport end(data);
    const auto lines = written(end);
    for (const int tp_size : {2, 4}) {
      const Judgement judgement = replay(lines, end.dataset.of_tp_size(tp_size));
      const Judgement own = replay({}, end.dataset.of_tp_size(tp_size));
      EXPECT_LT(judgement.mean, own.mean);
      EXPECT_EQ(judgement.without_time, 0);
      EXPECT_THAT(
          line_with(end.said, fmt::format("tp {}:", tp_size)),
          HasSubstr(fmt::format("shipped {:.2f} ({:.2f}), here {:.2f} ({:.2f}) over the best path", 100.0 * own.mean,
                                100.0 * own.worst, 100.0 * judgement.mean, 100.0 * judgement.worst)));
    }
  }
}

TEST(NcclTuner, IsJudgedOnHeldOutCells) {
  using Times = std::map<std::int64_t, std::pair<double, double>>;
  const auto cells_at = [](std::int64_t hidden, const Times& times) {
    return two_kernels_at(hidden, "NCCL", variants.front(), times);
  };
  DecisionsReport end(cells_at(4096, {{64, {20, 10}}, {256, {20, 10}}, {1024, {10, 20}}}));
  // 512 tokens are above the range that was found, 512 KiB to 2 MiB.
  end.holdout = cells_at(7168, {{8, {10, 20}}, {64, {20, 10}}, {512, {12, 10}}, {2048, {10, 20}}});
  ASSERT_EQ(written(end).size(), 1U);
  const std::string line =
      "tp 4, held out (hidden 7168, 4 cells): shipped 30.00 (100.0), here 5.00 (20.0), the best values for them 0.00 "
      "(0.0)";
  EXPECT_THAT(end.said, ::testing::Contains("nccl_tuner: " + line));
  EXPECT_THAT(read_file(artefact(end)), HasSubstr("# " + line + "\n"));
  DecisionsReport without(end.dataset);
  ASSERT_EQ(written(without).size(), 1U);
  EXPECT_EQ(line_with(without.said, "held out"), "");
}

TEST(NcclTuner, WritesNoFileWhereNcclsOwnChoiceIsAsGood) {
  Dataset data(Machine{"sm90", {}});
  std::mt19937 random(1);
  for (const std::int64_t tokens : powers_of_two(1, 16384)) {
    Times times;
    for (int i = 0; i < 5; ++i) times.push_back(10.0 + 0.04 * static_cast<double>(random() % 3));
    add(data, 2, tokens, times);
  }
  DecisionsReport end(data);
  EXPECT_TRUE(written(end).empty());
  EXPECT_FALSE(std::filesystem::exists(end.run.output_dir));
  EXPECT_THAT(end.said, ::testing::Contains(HasSubstr("tp 2: NCCL's own choice stays: shipped 0.")));
}

TEST(NcclTuner, NamesVariantsThatAFileCannotSay) {
  Dataset data = sweep(0.0, 1);
  data.add(engine_context_row(cell_of(4096, 2), "NCCL_RING_LL", 0.1));
  data.add(engine_context_row(cell_of(4096, 2), "NCCL_SYMMETRIC", 0.05));
  DecisionsReport end(data);
  EXPECT_NE(written(end).size(), 0U);
  EXPECT_THAT(line_with(end.said, "left out"), HasSubstr("NCCL_RING_LL is left out"));
  EXPECT_EQ(line_with(end.said, "NCCL_SYMMETRIC is left out"), "");
  EXPECT_THAT(line_with(end.said, "cannot choose it"), HasSubstr("tp 2: NCCL_SYMMETRIC is the fastest in"));
}

TEST(NcclTuner, NeedsVariantsOfASweepAndNcclsOwnChoice) {
  Dataset none(Machine{"sm90", {}});
  none.add(engine_context_row(cell_of(4096, 2), "NCCL", 1.0));
  Dataset variants_only(Machine{"sm90", {}});
  add(variants_only, 2, 1, {10.0, 20.0, 20.0, 20.0});
  Dataset elsewhere(Machine{"sm90", {}});
  const Dataset all = sweep(0.0, 1);
  for (Measurement row : all.rows()) {
    row.setting.context = Context::back_to_back;
    elsewhere.add(row);
  }
  for (const auto& [data, text] : {std::pair{none, "configs/nccl_tuner.yaml measures them"},
                                   {variants_only, "strategies: {NCCL: {strategy: NCCL}}"},
                                   {elsewhere, "back_to_back"}}) {
    DecisionsReport end(data);
    EXPECT_TRUE(written(end).empty());
    EXPECT_THAT(end.said, ::testing::ElementsAre(HasSubstr(text)));
    EXPECT_FALSE(std::filesystem::exists(end.run.output_dir));
  }
}

TEST(NcclVariant, IsReadFromTheName) {
  EXPECT_EQ(nccl_tuner::variant_of("NCCL_RING_LL128_8CH"), (nccl_tuner::Variant{"ring", "ll128", 8}));
  EXPECT_EQ(nccl_tuner::variant_of("NCCL_TREE_LL_64CH"), (nccl_tuner::Variant{"tree", "ll", 64}));
  EXPECT_EQ(nccl_tuner::variant_of("NCCL_NVLSTREE_SIMPLE_1CH"), (nccl_tuner::Variant{"nvls_tree", "simple", 1}));
}

TEST(NcclVariant, IsNothingForNamesThatDoNotSayAllThree) {
  for (const char* name : {"NCCL", "NCCL_SYMMETRIC", "NCCL_RING_LL", "NCCL_RING_8CH", "NCCL_RING_LL_0CH",
                           "NCCL_RING_LL_65CH", "NCCL_STAR_LL_8CH", "NCCL_RING_LL_8CH_2", "RING_LL_8CH"}) {
    EXPECT_FALSE(nccl_tuner::variant_of(name).has_value()) << name;
  }
}

TEST(NcclTuner, SaysWhatItFollowsHowToUseItAndWhatTheExamplePluginWouldDo) {
  DecisionsReport end(sweep(0.0, 7));
  EXPECT_NE(written(end).size(), 0U);
  const std::string text = read_file(artefact(end));
  EXPECT_THAT(text, AllOf(HasSubstr("# For NCCL 2.28 to 2.32"), HasSubstr("libnccl-tuner-arbiter.so"),
                          HasSubstr("NCCL_TUNER_CONFIG_FILE"), HasSubstr("runs all that on one channel"),
                          HasSubstr("\n# tp 2: ")));
  // The example plugin reads 255 characters at a time: the rest of a longer comment would be a line to it.
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) EXPECT_LT(line.size(), 255U);
}

}  // namespace arbiter::test
