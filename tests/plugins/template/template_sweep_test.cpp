// SPDX-License-Identifier: Apache-2.0
// A sweep of the installed runner with all templates, built out of tree.
#include <iterator>
#include <map>
#include <regex>
#include <set>

#include "arbiter/files.hpp"
#include "io/data_dir.hpp"
#include "runner/runner_fixture.hpp"

namespace arbiter::testing {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
namespace fs = std::filesystem;

std::ptrdiff_t count(const std::string& text, const std::regex& pattern) {
  return std::distance(std::sregex_iterator(text.begin(), text.end(), pattern), std::sregex_iterator());
}

class TemplateSweep : public RunnerFixture {
 protected:
  /// 2 tp sizes x 3 fusions x 4 shapes; the thresholds have all below them.
  [[nodiscard]] Finished sweep(const std::string& strategies, const std::string& thresholds) const {
    const auto config = write("sweep.yaml",
                              "backend: host\n"
                              "plugins: [" WORK
                              "/build/plugins]\n"
                              "problems:\n"
                              "  tp_size: [2, 3]\n"
                              "  dtype: bfloat16\n"
                              "  fusion: {NONE: , RESIDUAL_RMS_NORM: , SCALE_BIAS: {scale: 0.25}}\n"
                              "  hidden_size: [64, 101]\n"
                              "  num_tokens: [1, 7]\n"
                              "strategies: " +
                                  strategies +
                                  "\n"
                                  "heuristics:\n"
                                  "  lut:\n"
                                  "  byte_thresholds: " +
                                  thresholds +
                                  "\n"
                                  "sinks:\n"
                                  "  csv:\n"
                                  "  cpp_table: {axes: data}\n"
                                  "  best_strategy: {formats: [svg]}\n"
                                  "  heatmap: {formats: [svg]}\n"
                                  "  markdown: {title: Templates}\n"
                                  "measurement: {time_target_ms: 5, min_samples: 3, min_sample_us: 20}\n"
                                  "output_dir: " +
                                  out().string() + "\n");
    return runner({"--config", config.string()});
  }

  [[nodiscard]] std::vector<Measurement> rows() const { return read_data_dir(out(), "cpu").dataset.rows(); }
  [[nodiscard]] fs::path picture(const std::string& fusion, int tp_size, const std::string& kind) const {
    return out() / "viz" / fusion / (file_stem(tp_size, "cpu") + "_" + kind + ".svg");
  }
};

TEST_F(TemplateSweep, VerifiesTheRingAndTheFusionInEveryCell) {
  const auto finished = sweep("[MPI, ONESHOT, TWOSHOT, RING]", "{strategies: [ONESHOT, RING], bytes: [512]}");
  ASSERT_EQ(finished.exit_code, 0) << finished.output;
  std::map<std::string, std::set<Problem>> done;
  for (const Measurement& row : rows()) {
    EXPECT_TRUE(row.usable()) << row.strategy << ", " << to_string(row.problem);
    EXPECT_LE(row.error, 1.0) << row.strategy << ", " << to_string(row.problem);
    done[row.strategy].insert(row.problem);
  }
  for (const char* strategy : {"MPI", "ONESHOT", "TWOSHOT", "RING"}) EXPECT_EQ(done[strategy].size(), 24U) << strategy;
  // ONESHOT and TWOSHOT, which know nothing of SCALE_BIAS, are the files that were installed before it existed.
  const auto unchanged = run({"sha256sum", "--check", "--strict", "--quiet", std::string(WORK) + "/built_in.sha256"});
  EXPECT_EQ(unchanged.exit_code, 0) << unchanged.output;
  EXPECT_THAT(read_file(WORK "/built_in.sha256"), AllOf(HasSubstr("oneshot"), HasSubstr("twoshot")));
}

TEST_F(TemplateSweep, ReportsWinnersAndSelectorsInMarkdown) {
  const auto finished = sweep("[MPI, RING]", "{strategies: [MPI, RING], bytes: [512]}");
  ASSERT_EQ(finished.exit_code, 0) << finished.output;
  EXPECT_THAT(finished.output, HasSubstr((out() / "report.md").string()));
  const auto report = read_file(out() / "report.md");
  EXPECT_THAT(report, HasSubstr("# Templates\n\nMeasured on cpu: host, allreduce, eager, context "));
  for (const char* tp_size : {"2", "3"}) {
    for (const char* fusion : {"NONE", "RESIDUAL_RMS_NORM", "SCALE_BIAS"}) {
      EXPECT_THAT(report, HasSubstr(std::string("\n## tp ") + tp_size + ", " + fusion + "\n"));
    }
  }
  const std::regex cell(
      R"(\n\| (1|7) \| (64|101) \| bfloat16 \| \d+ \| (MPI|RING) \| [\d.]+ \| (MPI|RING) \| [\d.]+ \|)");
  EXPECT_EQ(count(report, cell), 24);
  const std::regex selector(R"(\n\| (lut|byte_thresholds) (\| [\d.]+ % ){4}\|)");
  EXPECT_EQ(count(report, selector), 2);
}

TEST_F(TemplateSweep, HasTheRingInTheTableAndThePicturesWhereItWins) {
  const auto finished = sweep("[RING]", "{strategies: [ONESHOT, RING], bytes: [1048576]}");
  ASSERT_EQ(finished.exit_code, 0) << finished.output;
  const auto table = read_file(out() / "gen_heuristic_code/generated_lookup_table.cpp");
  const std::regex cells(R"(\{100,100\},? // hidden_size=(64|101)\n)");
  EXPECT_EQ(count(table, cells), 12) << table;
  EXPECT_EQ(count(table, std::regex("\\{[0-9]")), 12) << "no other row of cells";
  for (const char* fusion : {"NONE", "RESIDUAL_RMS_NORM", "SCALE_BIAS"}) {
    for (const int tp_size : {2, 3}) {
      EXPECT_THAT(read_file(picture(fusion, tp_size, "best_strategy")), HasSubstr("RING"));
      EXPECT_THAT(read_file(picture(fusion, tp_size, "heatmap")), HasSubstr("RING"));
    }
  }
  // The thresholds name ONESHOT for these sizes, but it has no row.
  EXPECT_THAT(read_file(out() / "report.md"), HasSubstr("\n| byte_thresholds | 0.00 % |"));
}

TEST_F(TemplateSweep, RefusesThresholdsOfTheWrongType) {
  const auto finished = sweep("[RING]", "{strategies: [ONESHOT, RING], bytes: [many]}");
  EXPECT_EQ(finished.exit_code, 2);
  EXPECT_THAT(finished.output,
              AllOf(HasSubstr("sweep.yaml:12:"), HasSubstr("byte_thresholds.bytes"), HasSubstr("many")));
  EXPECT_FALSE(fs::exists(out()));
}

TEST_F(TemplateSweep, SaysThatThresholdsDoNotFitOneAnother) {
  const auto finished = sweep("[RING]", "{strategies: [ONESHOT, RING], bytes: [1, 2]}");
  EXPECT_NE(finished.exit_code, 0);
  EXPECT_THAT(finished.output,
              AllOf(HasSubstr("byte_thresholds"), HasSubstr("found 2 for 2 strategies; allowed: one fewer")));
}

TEST_F(TemplateSweep, RefusesAParameterOutOfTheRangeThePluginDeclares) {
  const auto finished = sweep("{RING: {chunk_kib: 0}}", "{}");
  EXPECT_EQ(finished.exit_code, 2);
  EXPECT_THAT(finished.output,
              AllOf(HasSubstr("RING.chunk_kib"), HasSubstr("found 0; allowed: "), HasSubstr("1..65536")));
}

}  // namespace
}  // namespace arbiter::testing
