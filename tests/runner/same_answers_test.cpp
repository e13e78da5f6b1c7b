// SPDX-License-Identifier: Apache-2.0
// A run and a later run from its CSVs have the same dataset and write the same artefacts, byte for byte.
#include <algorithm>
#include <set>
#include <sstream>

#include "arbiter/files.hpp"
#include "runner/runner_fixture.hpp"

namespace arbiter::testing {
namespace {

namespace fs = std::filesystem;

class SameAnswers : public RunnerFixture {
 protected:
  /// Every heuristic, ties, cells that failed, rows of AUTO, and every file that is text.
  [[nodiscard]] fs::path sweep() const {
    return small_sweep(
        "strategies: [MPI, ONESHOT, TWOSHOT, WRONG]\n"
        "plugins: [" SAMPLES
        "]\n"
        "heuristics:\n"
        "  stable: {heuristic: lut, mode: stable, tie_percent: 30}\n"
        "  argmin: {heuristic: lut, mode: argmin}\n"
        "  lp:\n"
        "sinks: [csv, cpp_table, summary]\n"
        "enable_auto: true\n");
  }

  static std::set<std::string> files_of(const fs::path& dir) {
    std::set<std::string> files;
    for (const auto& entry : fs::recursive_directory_iterator(dir)) {
      if (entry.is_regular_file()) files.insert(fs::relative(entry.path(), dir).string());
    }
    return files;
  }
};

TEST_F(SameAnswers, ComeFromARunAndFromItsCsvsAndFromTheCsvsOfThose) {
  const auto config = sweep();
  const auto measured = runner({"--config", config.string()});
  ASSERT_EQ(measured.exit_code, 1) << "WRONG is wrong\n" << measured.output;
  auto from = out();
  for (const char* to : {"again", "and_again"}) {
    const auto read =
        runner({"--config", config.string(), "--data_dir", from.string(), "--save_csv_dir", (dir_ / to).string()});
    ASSERT_EQ(read.exit_code, 0) << read.output;
    from = dir_ / to;
    auto wanted = files_of(out());
    // What was skipped while it was measured is in no CSV.
    std::erase_if(wanted, [](const std::string& file) { return file.ends_with(".log"); });
    EXPECT_EQ(files_of(from), wanted);
    EXPECT_GE(wanted.size(), 6U);
    for (const std::string& file : wanted) EXPECT_EQ(read_file(out() / file), read_file(from / file)) << file;
  }
}

TEST_F(SameAnswers, DoNotDependOnTheOrderOfTheRowsOfACsv) {
  const auto config = sweep();
  ASSERT_EQ(runner({"--config", config.string()}).exit_code, 1);
  for (const int tp_size : {2, 3}) {
    const std::string name = file_stem(tp_size, "cpu");
    std::vector<std::string> lines;
    std::istringstream text(read_file(out() / (name + ".csv")));
    for (std::string line; std::getline(text, line);) lines.push_back(line);
    ASSERT_GT(lines.size(), 16U);
    // The problems backwards, the strategies of each in their order.
    std::stable_sort(lines.begin() + 1, lines.end(), [](const std::string& a, const std::string& b) {
      const auto problem = [](const std::string& line) {
        std::vector<std::string> fields;
        std::istringstream parts(line);
        for (std::string field; std::getline(parts, field, ',');) fields.push_back(field);
        return std::pair{fields.at(4) + "/" + fields.at(3), fields.at(6)};
      };
      return problem(a) > problem(b);
    });
    std::string shuffled;
    for (const std::string& line : lines) shuffled += line + "\n";
    write("shuffled/" + name + ".csv", shuffled);
    write("shuffled/" + name + ".machine.json", read_file(out() / (name + ".machine.json")));
  }
  for (const auto& entry : std::filesystem::directory_iterator(out())) {
    const auto name = entry.path().filename().string();
    if (name.starts_with("run.")) write("shuffled/" + name, read_file(entry.path()));
  }
  const auto read = runner({"--config", config.string(), "--data_dir", (dir_ / "shuffled").string(), "--save_csv_dir",
                            (dir_ / "other").string()});
  ASSERT_EQ(read.exit_code, 0) << read.output;
  const std::string table = "gen_heuristic_code/generated_lookup_table.cpp";
  EXPECT_EQ(read_file(out() / table), read_file(dir_ / "other" / table));
}

}  // namespace
}  // namespace arbiter::testing
