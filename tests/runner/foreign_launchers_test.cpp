// SPDX-License-Identifier: Apache-2.0
// Ranks that somebody else's mpirun or srun started, and machines on which MPI cannot start.
#include <filesystem>

#include "runner/runner_fixture.hpp"

namespace arbiter::testing {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;
namespace fs = std::filesystem;

class ForeignLaunchers : public RunnerFixture {
 protected:
  [[nodiscard]] fs::path sweep() const {
    return write("sweep.yaml",
                 "backend: host\n"
                 "problems: {tp_size: [2], fusion: [NONE], hidden_size: [64], num_tokens: [1]}\n"
                 "measurement: {time_target_ms: 5, min_samples: 3, min_sample_us: 20}\n"
                 "heuristics: {}\nsinks: [csv]\noutput_dir: " +
                     out().string() + "\n");
  }
  [[nodiscard]] Finished under_mpirun(const char* ranks) const {
    return run({"mpirun", "--oversubscribe", "-n", ranks, RUNNER, "--config", sweep().string()},
               {"OMPI_ALLOW_RUN_AS_ROOT=1", "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1"});
  }
  /// In namespaces of its own, in which `setup` runs first.
  [[nodiscard]] Finished apart(const std::string& kinds, const std::string& setup) const {
    return run({"unshare", kinds, "--map-root-user", "sh", "-c",
                setup + " && exec " + RUNNER + " --config " + sweep().string()});
  }
  [[nodiscard]] static bool may(const std::string& kinds, const std::string& setup) {
    return run({"unshare", kinds, "--map-root-user", "sh", "-c", setup}).exit_code == 0;
  }
};

TEST_F(ForeignLaunchers, AreSaidToSuperviseNothing) {
  const auto result = under_mpirun("2");
  EXPECT_EQ(result.exit_code, 0) << result.output;
  EXPECT_THAT(result.output,
              HasSubstr("a strategy that crashes or hangs ends the run, and the rows before it are kept"));
  EXPECT_THAT(runner({"--config", sweep().string()}).output, Not(HasSubstr("another launcher")));
}

TEST_F(ForeignLaunchers, OfFewerRanksThanAnyTpNeedsChangeNothingOnDisk) {
  const auto result = under_mpirun("1");
  EXPECT_EQ(result.exit_code, 2) << result.output;
  EXPECT_THAT(result.output, HasSubstr("problems.tp_size: the smallest is 2, and the launcher (mpirun, srun) started 1 "
                                       "rank; start at least 2"));
  EXPECT_FALSE(fs::exists(out()));
}

TEST_F(ForeignLaunchers, LeaveARankToAShellThatIsNamedAndNotObeyed) {
  const auto result = runner({"--config", sweep().string()}, {"PMIX_RANK=0", "PMIX_NAMESPACE=slurm.pmix.7.0",
                                                              "SLURM_STEP_NUM_TASKS=1", "PMIX_SERVER_URI41=gone"});
  EXPECT_EQ(result.exit_code, 0) << result.output;
  EXPECT_THAT(result.output, HasSubstr("PMIX_RANK is set, but no launcher started this process as one of several"));
  EXPECT_TRUE(fs::exists(out() / "benchmark.tp2.cpu.csv"));
}

TEST_F(ForeignLaunchers, NeedANetworkInterface) {
  if (!may("--user", "true") || !may("--net", "true")) GTEST_SKIP() << "no network namespaces are allowed here";
  const auto result = apart("--net", "true");
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_THAT(result.output, HasSubstr("no network interface is up, and MPI needs one; the loopback is enough"));
}

TEST_F(ForeignLaunchers, NeedRoomInTheTemporaryFolder) {
  const auto folder = (dir_ / "scratch").string();
  fs::create_directories(folder);
  const auto mount = "mount -t tmpfs -o size=64k none " + folder + " && ! head -c 100k /dev/zero 2>&1 > " + folder +
                     "/full && export TMPDIR=" + folder;
  if (!may("--mount", mount)) GTEST_SKIP() << "no file systems may be mounted here";
  const auto result = apart("--mount", mount);
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_THAT(result.output, AllOf(HasSubstr("the temporary folder " + folder + " is full; TMPDIR names another")));
}

}  // namespace
}  // namespace arbiter::testing
