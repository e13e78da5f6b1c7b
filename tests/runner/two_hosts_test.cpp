// SPDX-License-Identifier: Apache-2.0
// Two hosts, as far as MPI can tell: two network namespaces with names of their own, joined by a virtual cable.
#include <filesystem>
#include <string>

#include <unistd.h>

#include "arbiter/csv.hpp"
#include "arbiter/files.hpp"
#include "runner/runner_fixture.hpp"

namespace arbiter::testing {
namespace {

using ::testing::HasSubstr;
namespace fs = std::filesystem;

class TwoHosts : public RunnerFixture {
 protected:
  /// Makes the hosts; skips the test where that is not allowed.
  void SetUp() override {
    const auto made =
        run({"sh", "-ec",
             "ip netns add " + a_ + "; ip netns add " + b_ + "; ip link add " + a_ + " netns " + a_ +
                 " type veth peer name " + b_ + " netns " + b_ + "; ip -n " + a_ + " addr add 10.77.0.1/24 dev " + a_ +
                 "; ip -n " + b_ + " addr add 10.77.0.2/24 dev " + b_ + "; for name in " + a_ + " " + b_ +
                 "; do ip -n $name link set lo up; ip -n $name link set $name up; "
                 "ip netns exec $name unshare --uts true; done"});
    if (made.exit_code != 0) GTEST_SKIP() << "no network namespaces can be made here: " << made.output;
  }
  void TearDown() override {
    for (const auto& name : {a_, b_}) static_cast<void>(run({"ip", "netns", "delete", name}));
  }

  /// `command` on both hosts, a rank each. mpirun reaches the second host as it otherwise does with ssh.
  [[nodiscard]] Finished on_both(const std::string& command) const {
    const auto agent =
        write("agent", "#!/bin/sh\nshift\nexec ip netns exec " + b_ + " unshare --uts sh -c \"hostname host-b; $*\"\n");
    fs::permissions(agent, fs::perms::owner_all);
    const auto hosts = write("hosts", "10.77.0.1 slots=1\n10.77.0.2 slots=1\n");
    return run({"ip", "netns", "exec", a_, "unshare", "--uts", "sh", "-c",
                "hostname host-a; exec timeout 60 mpirun --hostfile " + hosts.string() + " --mca plm_rsh_agent " +
                    agent.string() + " -n 2 " + command},
               {"OMPI_ALLOW_RUN_AS_ROOT=1", "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1"});
  }

  std::string a_ = "arb" + std::to_string(::getpid()) + "a";
  std::string b_ = "arb" + std::to_string(::getpid()) + "b";
};

TEST_F(TwoHosts, AreMeasuredOverTheNetworkAndShareNoMemory) {
  const auto config = write("sweep.yaml",
                            "backend: host\n"
                            "problems: {tp_size: [2], fusion: [NONE], hidden_size: [64], num_tokens: [1]}\n"
                            "strategies: [MPI, ONESHOT]\n"
                            "measurement: {time_target_ms: 5, min_samples: 3, min_sample_us: 20}\n"
                            "heuristics: {}\nsinks: [csv]\noutput_dir: " +
                                out().string() + "\n");
  const auto result = on_both(std::string(RUNNER) + " --config " + config.string());
  ASSERT_EQ(result.exit_code, 0) << result.output;
  const auto rows = read_csv(out() / "benchmark.tp2.cpu.csv").dataset.rows();
  ASSERT_EQ(rows.size(), 1U) << result.output;
  EXPECT_EQ(rows.front().strategy, "MPI");
  EXPECT_FALSE(rows.front().failed) << result.output;
  EXPECT_EQ(rows.front().setting.hosts, 2);
  EXPECT_THAT(read_file(out() / "benchmark.tp2.cpu.log"),
              HasSubstr("ONESHOT: the ranks are on several hosts and share no memory"));
}

}  // namespace
}  // namespace arbiter::testing
