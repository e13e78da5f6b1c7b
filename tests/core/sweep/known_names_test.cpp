// SPDX-License-Identifier: Apache-2.0
#include "sweep/known_names.hpp"

#include <gmock/gmock.h>

#include "support/decisions_data.hpp"

namespace arbiter::test {

namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

}  // namespace

TEST(UnknownNames, AreSaidOnceWithTheNearestKnownOne) {
  Dataset data;
  for (const int tokens : {1, 2, 3}) {
    data.add(decision_row(cell_of(64, tokens), "ONESHOOT", 1.0));
    data.add(decision_row(cell_of(64, tokens), "57", 1.0));
    data.add(decision_row(cell_of(64, tokens), "SOMETHING_ELSE_ENTIRELY", 1.0));
    data.add(decision_row({2, DType::bfloat16, "RESIDUAL_RMSNORM", 64, tokens}, "NCCL", 1.0));
  }
  EXPECT_THAT(
      unknown_names(data, Config{}, PluginHost{}),
      ElementsAre(AllOf(HasSubstr("strategy ONESHOOT"), HasSubstr("did you mean ONESHOT?")),
                  AllOf(HasSubstr("strategy 57, SOMETHING_ELSE_ENTIRELY, which"), HasSubstr("known are NCCL, ")),
                  AllOf(HasSubstr("fusion RESIDUAL_RMSNORM"), HasSubstr("did you mean RESIDUAL_RMS_NORM?"))));
}

TEST(UnknownNames, AreNoneOfTheConfigurationsAndNoneInRowsOfArbiter) {
  Dataset data;
  data.add(decision_row(cell_of(64, 1), "MY_RING", 1.0));
  data.add(decision_row(cell_of(64, 1), "MNNVL", 1.0));
  Measurement own = decision_row(cell_of(64, 1), "GONE_SINCE", 1.0);
  own.run_id = "20261128-031357-1a2b";
  data.add(own);
  Config config;
  config.strategies.emplace_back().name = "MY_RING";
  EXPECT_THAT(unknown_names(data, config, PluginHost{}), IsEmpty());
}

}  // namespace arbiter::test
