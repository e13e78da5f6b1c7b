// SPDX-License-Identifier: Apache-2.0
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

/// The example plugin's reading: '#' starts a comment, fields are split at commas, the first match decides.
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

/// What the plugin asks of NCCL, as the name of the strategy that was measured; "one channel" where no line matches.
std::string consumer(const std::vector<Line>& lines, std::uint64_t bytes, int ranks) {
  for (const Line& line : lines) {
    const bool matches = bytes >= line.min_bytes && bytes <= line.max_bytes && (line.nodes == -1 || line.nodes == 1) &&
                         (line.ranks == -1 || line.ranks == ranks);
    if (!matches) continue;
    std::string name = fmt::format("NCCL_{}_{}_{}CH", line.algorithm, line.protocol, line.channels);
    std::ranges::transform(name, name.begin(), [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
    return name;
  }
  return "one channel";
}

/// Each size is best under a variant of its own drawing, and NCCL's own choice never is.
Dataset sweep(double noise, unsigned seed) {
  std::mt19937 random(seed);
  Dataset data(Machine{"sm90", {}});
  for (const int tp_size : {2, 4}) {
    for (const std::int64_t tokens : powers_of_two(1, 16384)) {
      const std::string& best = variants[random() % variants.size()];
      for (const std::int64_t hidden : {4096, 8192}) {
        const Problem problem{tp_size, DType::bfloat16, "NONE", hidden, tokens};
        data.add(decision_row(problem, "NCCL", 3.0));
        for (const std::string& name : variants) {
          const double wobble = noise * static_cast<double>(random() % 1000) / 1000.0;
          data.add(decision_row(problem, name, (name == best ? 1.0 : 2.0) + wobble));
        }
      }
    }
  }
  return data;
}

std::vector<Line> written(DecisionsReport& end) {
  load_plugin<Sink>(PLUGIN)->write(end.report);
  return parsed(read_file(end.run.output_dir / "engines/nccl_tuner/nccl_tuner.conf"));
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

TEST(NcclTuner, MakesNcclUseTheBestVariantOfEverySize) {
  Dataset data(Machine{"sm90", {}});
  for (const auto& [tokens, best] : {std::pair{1, 0}, {2, 0}, {4, 2}, {8, 1}, {16, 3}, {32, 0}}) {
    for (std::size_t i = 0; i < variants.size(); ++i) {
      data.add(decision_row(cell_of(4096, tokens), variants[i], static_cast<int>(i) == best ? 1.0 : 2.0));
    }
  }
  DecisionsReport end(data);
  const auto lines = written(end);
  EXPECT_EQ(lines.size(), 5U);
  EXPECT_DOUBLE_EQ(replay(lines, data).worst, 0.0);
}

TEST(NcclTuner, StatesTheRegretThatItsReplayFinds) {
  for (unsigned seed = 1; seed <= 5; ++seed) {
    DecisionsReport end(sweep(2.0, seed));
    const auto lines = written(end);
    for (const int tp_size : {2, 4}) {
      const Judgement judgement = replay(lines, end.dataset.of_tp_size(tp_size));
      EXPECT_GT(judgement.worst, 0.0);  // shapes of one size disagree
      EXPECT_EQ(judgement.without_time, 0);
      EXPECT_THAT(line_with(end.said, fmt::format("tp {}:", tp_size)),
                  AllOf(HasSubstr(judgement.stated()), HasSubstr(judgement.stated_worst())));
    }
  }
}

TEST(NcclTuner, LeavesNoSizeToThePluginsSingleChannel) {
  DecisionsReport end(sweep(0.0, 7));
  const auto lines = written(end);
  for (const int tp_size : {2, 4}) {
    std::uint64_t next = 0;
    std::uint64_t last = 0;
    for (const Line& line : lines) {
      if (line.ranks != tp_size) continue;
      EXPECT_EQ(line.min_bytes, next);
      EXPECT_GE(line.max_bytes, line.min_bytes);
      EXPECT_GT(line.channels, 0);
      EXPECT_EQ(line.nodes, 1);
      last = line.max_bytes;
      next = last + 1;
    }
    EXPECT_EQ(last, std::numeric_limits<std::uint64_t>::max());
  }
  EXPECT_EQ(consumer(lines, 4096, 8), "one channel");  // never measured
}

TEST(NcclTuner, NamesVariantsThatAFileCannotSay) {
  Dataset data = sweep(0.0, 1);
  data.add(decision_row(cell_of(4096, 1), "NCCL_RING_LL", 0.1));
  data.add(decision_row(cell_of(4096, 1), "NCCL_SYMMETRIC", 0.1));
  DecisionsReport end(data);
  EXPECT_NE(written(end).size(), 0U);
  EXPECT_THAT(line_with(end.said, "left out"), HasSubstr("NCCL_RING_LL is left out"));
  EXPECT_EQ(line_with(end.said, "NCCL_SYMMETRIC is left out"), "");
}

TEST(NcclTuner, NeedsVariantsOfASweep) {
  DecisionsReport end(engine_sweep({{2}}));
  load_plugin<Sink>(PLUGIN)->write(end.report);
  EXPECT_THAT(end.said, ::testing::ElementsAre(HasSubstr("configs/nccl_tuner.yaml measures them")));
  EXPECT_FALSE(std::filesystem::exists(end.run.output_dir));
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

TEST(NcclTuner, WarnsThatWhatNoLineMatchesRunsOnOneChannel) {
  DecisionsReport end(sweep(0.0, 7));
  EXPECT_NE(written(end).size(), 0U);
  const std::string text = read_file(end.run.output_dir / "engines/nccl_tuner/nccl_tuner.conf");
  EXPECT_THAT(text,
              HasSubstr("\n# Warning: while the plugin is loaded, each collective that no line below matches runs "
                        "on one channel"));
  // The plugin reads 255 characters at a time: the rest of a longer comment would be a line to it.
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) EXPECT_LT(line.size(), 255U);
  EXPECT_EQ(std::ranges::count_if(end.said, [](const auto& line) { return line.find("one channel") != line.npos; }), 1);
}

}  // namespace arbiter::test
