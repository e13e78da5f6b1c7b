// SPDX-License-Identifier: Apache-2.0
// Runs that are killed, and go on with --resume.
#include <algorithm>
#include <array>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <iostream>
#include <random>
#include <set>
#include <thread>
#include <tuple>

#include "arbiter/files.hpp"
#include "runner/runner_fixture.hpp"

namespace arbiter::testing {
namespace {

using std::chrono::seconds;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;
namespace fs = std::filesystem;

class Resume : public RunnerFixture {
 protected:
  [[nodiscard]] fs::path unfinished() const { return out() / "unfinished"; }
  [[nodiscard]] fs::path csv() const { return out() / "benchmark.tp3.cpu.csv"; }

  /// Starts the long sweep and kills its launcher after some problems.
  void begin_and_kill(const std::string& progress = "[3/1000]") const {
    Process sweep({RUNNER, "--config", long_sweep().string()});
    ASSERT_TRUE(sweep.wait_for_output(progress, seconds(60))) << sweep.output();
    const auto ranks = descendants(sweep.pid(), "runner");
    ::kill(sweep.pid(), SIGKILL);
    EXPECT_EQ(sweep.wait(seconds(10)), 128 + SIGKILL);
    for (const pid_t rank : ranks) EXPECT_TRUE(ends(rank));
  }
  /// A resumed long sweep; it is interrupted after some problems.
  [[nodiscard]] std::string resume_a_while(const std::string& progress) const {
    Process sweep({RUNNER, "--config", long_sweep().string(), "--resume"});
    EXPECT_TRUE(sweep.wait_for_output(progress, seconds(60))) << sweep.output();
    ::kill(sweep.pid(), SIGINT);
    EXPECT_EQ(sweep.wait(seconds(20)), 1);
    return sweep.output();
  }
};

TEST_F(Resume, GoesOnBehindTheRowsThatAreThereAndLeavesThemToTheByte) {
  begin_and_kill();
  const auto before = read_file(unfinished() / csv().filename());
  EXPECT_FALSE(fs::exists(csv()));
  const auto said = resume_a_while("[3/9");
  EXPECT_THAT(said, AllOf(HasSubstr("the unfinished run of "), HasSubstr("cells are measured already"),
                          Not(HasSubstr("[1/1000]"))));
  const auto after = read_file(unfinished() / csv().filename());
  EXPECT_GT(after.size(), before.size());
  EXPECT_THAT(after, StartsWith(before.substr(0, before.rfind('\n') + 1)));
}

TEST_F(Resume, IsOfferedWhereARunIsUnfinishedWhichANewRunSetsAside) {
  begin_and_kill();
  const auto before = read_file(unfinished() / csv().filename());
  const auto result = runner({"--config", small_sweep("sinks: [csv]\n").string()});
  EXPECT_EQ(result.exit_code, 0) << result.output;
  EXPECT_THAT(result.output, AllOf(HasSubstr("the unfinished run of "), HasSubstr("is now in unfinished.1"),
                                   HasSubstr("with --resume it would have continued")));
  EXPECT_EQ(read_file(out() / "unfinished.1" / csv().filename()), before);
  EXPECT_FALSE(fs::exists(unfinished()));
}

TEST_F(Resume, RefusesAnotherConfigurationAndSaysWhatDiffers) {
  begin_and_kill();
  const auto before = read_file(unfinished() / "checkpoint.jsonl");
  const auto config = long_sweep();
  auto result = runner({"--config", config.string(), "--resume", "--set", "measurement.min_samples=7"});
  EXPECT_EQ(result.exit_code, 2) << result.output;
  EXPECT_THAT(result.output, AllOf(HasSubstr("cannot continue"), HasSubstr("measurement.min_samples: "),
                                   HasSubstr("--set: (empty) / measurement.min_samples=7")));
  const auto text = read_file(config);
  write("long.yaml", text.substr(0, text.find("  hidden_size")) + "  hidden_size: [1032]\n" +
                         text.substr(text.find("  num_tokens")));
  result = runner({"--config", config.string(), "--resume"});
  EXPECT_EQ(result.exit_code, 2) << result.output;
  EXPECT_THAT(result.output, HasSubstr("long.yaml:5:   hidden_size: [1024] /   hidden_size: [1032]"));
  result = runner({"--config", long_sweep().string(), "--resume"}, {"NCCL_ALGO=Ring"});
  EXPECT_THAT(result.output, HasSubstr("NCCL_ALGO: (not set) / Ring"));
  EXPECT_EQ(read_file(unfinished() / "checkpoint.jsonl"), before) << "it can still continue";
}

TEST_F(Resume, OfNothingIsANewRun) {
  const auto result = runner({"--config", small_sweep("sinks: [csv]\n").string(), "--resume"});
  EXPECT_EQ(result.exit_code, 0) << result.output;
  EXPECT_THAT(result.output, HasSubstr("there is no unfinished run; a new one begins"));
  EXPECT_TRUE(fs::exists(out() / "benchmark.tp2.cpu.csv"));
}

TEST_F(Resume, IsForRunsThatMeasure) {
  const auto result = runner({"--data_dir", out().string(), "--resume"});
  EXPECT_EQ(result.exit_code, 2);
  EXPECT_THAT(result.output, HasSubstr("--resume"));
}

TEST_F(Resume, TheResultsOfARunBeforeStayUntilTheNextOneIsFinished) {
  ASSERT_EQ(runner({"--config", small_sweep("sinks: [summary]\n").string()}).exit_code, 0);
  const auto old_csv = read_file(csv());
  const auto old_summary = read_file(out() / "summary.txt");
  begin_and_kill();
  EXPECT_EQ(read_file(csv()), old_csv);
  EXPECT_FALSE(fs::exists(csv().string() + ".1"));
  EXPECT_EQ(read_file(out() / "summary.txt"), old_summary);
  const auto tables = runner({"--data_dir", out().string(), "--output_dir", (dir_ / "again").string()});
  EXPECT_EQ(tables.exit_code, 0) << tables.output;
}

TEST_F(Resume, ARunKeepsOthersOutOfItsFolderUntilItsEnd) {
  Process sweep({RUNNER, "--config", long_sweep().string()});
  ASSERT_TRUE(sweep.wait_for_output("[1/1000]", seconds(60))) << sweep.output();
  for (const auto& arguments :
       std::vector<std::vector<std::string>>{{"--config", small_sweep().string()},
                                             {"--config", small_sweep().string(), "--resume"},
                                             {"--data_dir", unfinished().string(), "--output_dir", out().string()}}) {
    const auto second = runner(arguments);
    EXPECT_EQ(second.exit_code, 1) << second.output;
    EXPECT_THAT(second.output,
                AllOf(HasSubstr(out().string() + ": another run is at work in this folder (process " +
                                std::to_string(sweep.pid()) + " on "),
                      HasSubstr("--config " + (dir_ / "long.yaml").string()), HasSubstr("--output_dir")));
  }
  ::kill(sweep.pid(), SIGKILL);
  EXPECT_EQ(sweep.wait(seconds(10)), 128 + SIGKILL);
  const auto next = runner({"--config", small_sweep("sinks: [csv]\n").string()});
  EXPECT_EQ(next.exit_code, 0) << next.output;
  EXPECT_FALSE(fs::exists(out() / "lock"));
}

/// What identifies a row.
using Key = std::tuple<Problem, std::string, Setting>;

/// Kills at random moments: of the launcher, of mpirun, of a rank, or of all of them.
class RandomKills : public Resume {
 protected:
  [[nodiscard]] fs::path sweep() const {
    return write("kills.yaml",
                 "backend: host\n"
                 "problems: {tp_size: [3], dtype: float32, fusion: [NONE], hidden_size: [64, 100], num_tokens: [1, 8, "
                 "32], holdout: [{hidden_size: 96, num_tokens: [3]}]}\n"
                 "measurement: {time_target_ms: 20, min_samples: 3, min_sample_us: 20, context: [isolated, "
                 "back_to_back]}\n"
                 "strategies: [MPI, ONESHOT]\nheuristics: [lut]\nsinks: [summary]\nenable_auto: true\n"
                 "output_dir: " +
                     out().string() + "\n");
  }
  [[nodiscard]] std::vector<Measurement> rows() const {
    std::vector<Measurement> found;
    for (const auto& file : {csv(), out() / "benchmark.tp3.cpu.holdout.csv"}) {
      const auto data = read_csv(file).dataset;
      found.insert(found.end(), data.rows().begin(), data.rows().end());
    }
    return found;
  }
  [[nodiscard]] static std::multiset<Key> keys_of(const std::vector<Measurement>& rows) {
    std::multiset<Key> keys;
    for (const auto& row : rows) keys.emplace(row.problem, row.strategy, row.setting);
    return keys;
  }
  /// The whole lines of the unfinished run's CSV; empty if there is none.
  [[nodiscard]] std::string lines_so_far() const {
    const auto file = unfinished() / csv().filename();
    if (!fs::exists(file)) return {};
    const auto text = read_file(file);
    return text.substr(0, text.rfind('\n') + 1);
  }
};

TEST_F(RandomKills, LoseNoRowOfTheFinalData) {
  const char* moments_asked = std::getenv("ARBITER_KILL_MOMENTS");
  const char* seed_asked = std::getenv("ARBITER_KILL_SEED");
  const int moments = moments_asked != nullptr ? std::atoi(moments_asked) : 4;
  const auto seed = seed_asked != nullptr ? static_cast<unsigned>(std::atoi(seed_asked)) : std::random_device()();
  std::cout << "ARBITER_KILL_SEED=" << seed << "\n";
  std::mt19937 random(seed);

  const std::vector<std::string> command{RUNNER, "--config", sweep().string()};
  const auto began = std::chrono::steady_clock::now();
  ASSERT_EQ(run(command).exit_code, 0);
  const std::chrono::duration<double> usual = std::chrono::steady_clock::now() - began;
  const auto expected = keys_of(rows());
  ASSERT_EQ(expected.size(), 7U * 3U * 2U);

  std::array<int, 4> kills{};
  int resumed = 0;
  int failed_cells = 0;
  int kept_rows = 0;
  for (int moment = 0; moment < moments; ++moment) {
    const auto old_csv = read_file(csv());
    const double when = std::uniform_real_distribution(0.0, 1.05 * usual.count())(random);
    const auto victim = std::uniform_int_distribution<std::size_t>(0, 3)(random);
    SCOPED_TRACE("moment " + std::to_string(moment) + ", " + std::to_string(when) + " s, victim " +
                 std::to_string(victim) + ", seed " + std::to_string(seed));
    Process first(command, {own_shared_memory()});
    std::this_thread::sleep_for(std::chrono::duration<double>(when));
    auto all = descendants(first.pid(), "runner");
    const auto ranks = all;
    const auto mpirun = descendants(first.pid(), "mpirun");
    all.insert(all.end(), mpirun.begin(), mpirun.end());
    if (victim == 0 || victim == 3) ::kill(first.pid(), SIGKILL);
    if (victim == 1 && !mpirun.empty()) ::kill(mpirun.front(), SIGKILL);
    if (victim == 2 && !ranks.empty()) ::kill(ranks[random() % ranks.size()], SIGKILL);
    if (victim == 3) {
      for (const pid_t process : all) ::kill(process, SIGKILL);
    }
    ++kills.at(victim);
    int code = first.wait();
    std::string output = first.output();
    ASSERT_GE(code, 0) << output;
    for (const pid_t process : all) EXPECT_TRUE(ends(process)) << process;
    if (output.find("summary.txt: ") == std::string::npos || fs::exists(unfinished())) {
      EXPECT_THAT(std::vector({read_file(csv()),
                               fs::exists(csv().string() + ".1") ? read_file(csv().string() + ".1") : std::string()}),
                  ::testing::Contains(old_csv));
      const auto lines = lines_so_far();
      ++resumed;
      auto resume = command;
      resume.emplace_back("--resume");
      const auto second = run(resume, {own_shared_memory()});
      code = second.exit_code;
      output += second.output;
      EXPECT_THAT(read_file(csv()), StartsWith(lines)) << "rows that were finished changed\n" << output;
      kept_rows += static_cast<int>(std::count(lines.begin(), lines.end(), '\n'));
    }
    EXPECT_FALSE(fs::exists(unfinished())) << output;
    const auto final_rows = rows();
    EXPECT_EQ(keys_of(final_rows), expected) << output;
    const auto failed = std::ranges::count_if(final_rows, &Measurement::failed);
    EXPECT_EQ(failed, 0) << output;
    failed_cells += static_cast<int>(failed);
    if (code < 128) {
      EXPECT_EQ(code, 0) << output;
    }
    for (const auto& entry : fs::directory_iterator(out())) {
      if (entry.path().extension() == ".1") fs::remove_all(entry.path());
    }
    if (HasFailure()) break;
  }
  std::cout << moments << " kills (launcher " << kills[0] << ", mpirun " << kills[1] << ", a rank " << kills[2]
            << ", all " << kills[3] << "), " << resumed << " resumed with " << kept_rows << " lines kept, "
            << failed_cells << " rows failed\n";
}

}  // namespace
}  // namespace arbiter::testing
