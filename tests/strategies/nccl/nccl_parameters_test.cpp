// SPDX-License-Identifier: Apache-2.0
#include <cstdlib>

#include <gmock/gmock.h>

#include "arbiter/error.hpp"
#include "arbiter/strategy.hpp"
#include "support/decisions_data.hpp"

namespace arbiter::test {

namespace {

using ::testing::HasSubstr;
using Settings = std::vector<std::pair<std::string, std::string>>;

std::string mistake(const Settings& settings) {
  try {
    static_cast<void>(load_plugin<Strategy>(NCCL_PLUGIN, settings));
  } catch (const ConfigError& error) {
    return error.what();
  }
  return "no mistake";
}

}  // namespace

TEST(NcclParameters, AcceptWhatNcclHas) {
  EXPECT_EQ(mistake({}), "no mistake");
  EXPECT_EQ(mistake({{"algorithm", "ring"}, {"protocol", "ll128"}, {"channels", "64"}}), "no mistake");
  EXPECT_EQ(mistake({{"algorithm", "nvls"}, {"protocol", "simple"}}), "no mistake");
}

TEST(NcclParameters, AreCheckedAgainstWhatIsAllowed) {
  EXPECT_THAT(mistake({{"algorithm", "star"}}), HasSubstr("allowed: auto, ring, tree, nvls, nvlstree"));
  EXPECT_THAT(mistake({{"channels", "65"}}), HasSubstr("0..64"));
}

TEST(NcclParameters, RefuseProtocolsThatTheSwitchDoesNotKnow) {
  for (const char* algorithm : {"nvls", "nvlstree"}) {
    for (const char* protocol : {"ll", "ll128"}) {
      EXPECT_THAT(mistake({{"algorithm", algorithm}, {"protocol", protocol}}),
                  HasSubstr("protocol: found " + std::string(protocol) + " with algorithm " + algorithm));
    }
  }
}

TEST(NcclParameters, RefuseChannelsThatTheEnvironmentWouldReplace) {
  ASSERT_EQ(::setenv("NCCL_MAX_CTAS", "4", 1), 0);
  EXPECT_THAT(mistake({{"channels", "8"}}), HasSubstr("NCCL_MAX_CTAS=4"));
  EXPECT_EQ(mistake({{"algorithm", "ring"}}), "no mistake");
  ASSERT_EQ(::unsetenv("NCCL_MAX_CTAS"), 0);
}

}  // namespace arbiter::test
