// SPDX-License-Identifier: Apache-2.0
#include "io/private_text.hpp"

#include <array>
#include <cstdlib>

#include <gmock/gmock.h>
#include <unistd.h>

namespace arbiter::test {

namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::Pair;

const PrivateNames names{{"node7.example.org", "node7"}, {"mary"}};

std::string shown(std::string_view text) { return without_private_parts(text, names); }

}  // namespace

TEST(PrivateText, ShortensAbsolutePathsToTheirLastPart) {
  EXPECT_EQ(shown("/home/mary/sweep.yaml"), "sweep.yaml");
  EXPECT_EQ(shown("--config=/home/mary/sweep.yaml"), "--config=sweep.yaml");
  EXPECT_EQ(shown("output_dir: /scratch/out/ # there"), "output_dir: out # there");
  EXPECT_EQ(shown("plugins: [/a/b.so, '/c/d', \"~/e/f\"]"), "plugins: [b.so, 'd', \"f\"]");
  EXPECT_EQ(shown("A=/x/lib:/y/lib64"), "A=lib:lib64");
}

TEST(PrivateText, KeepsWhatIsNoAbsolutePath) {
  for (const char* text : {"configs/h200.yaml", "../out", "hidden / tp", "1/2", "https://example.org/a/b", "// comment",
                           "", "/", "a ~ b"}) {
    EXPECT_EQ(shown(text), text);
  }
}

TEST(PrivateText, ReplacesNamesOfHostsAndUsersThatAreWords) {
  EXPECT_EQ(shown("mary on node7, node7.example.org"), "(user) on (host), (host)");
  EXPECT_EQ(shown("rosemary node71 mary_2"), "rosemary node71 mary_2");
}

TEST(PrivateText, KnowsThisHostAndThisUser) {
  ::setenv("USER", "a-user-of-this-test", 1);
  std::array<char, 256> host{};
  ASSERT_EQ(::gethostname(host.data(), host.size() - 1), 0);
  const PrivateNames own = private_names();
  EXPECT_THAT(own.hosts, Contains(std::string(host.data())));
  EXPECT_THAT(own.users, Contains("a-user-of-this-test"));
  ::unsetenv("USER");
}

TEST(TimingEnvironment, HasTheSettingsThatChangeTimesAndNothingPrivate) {
  const char* const environment[] = {"NCCL_ALGO=Ring",
                                     "NCCL_TUNER_CONFIG_FILE=/home/mary/tuner.conf",
                                     "NCCL_COMM_ID=node7:1234",
                                     "CUDA_VISIBLE_DEVICES=0,1",
                                     "OMPI_MCA_btl=^openib",
                                     "OMPI_MCA_orte_hnp_uri=63.0;tcp://10.0.0.1:33049",
                                     "OMPI_MCA_initial_wdir=/home/mary",
                                     "OMPI_MCA_hook_uri=tcp://10.0.0.1",
                                     "UCX_TLS=rc",
                                     "ARBITER_PATIENCE_S=3",
                                     "ARBITER_CHECKPOINT=/proc/1/fd/3",
                                     "ARBITER_RANK_STATUS=/proc/1/fd/4",
                                     "HOME=/home/mary",
                                     "USER=mary",
                                     "NO_VALUE",
                                     nullptr};
  EXPECT_THAT(
      timing_environment(environment, names),
      ElementsAre(Pair("ARBITER_PATIENCE_S", "3"), Pair("CUDA_VISIBLE_DEVICES", "0,1"), Pair("NCCL_ALGO", "Ring"),
                  Pair("NCCL_COMM_ID", "(host):1234"), Pair("NCCL_TUNER_CONFIG_FILE", "(a path)"),
                  Pair("OMPI_MCA_btl", "^openib"), Pair("OMPI_MCA_hook_uri", "(an address)"), Pair("UCX_TLS", "rc")));
}

}  // namespace arbiter::test
