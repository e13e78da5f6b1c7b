// SPDX-License-Identifier: Apache-2.0
#include <string>

#include <gtest/gtest.h>

#include "support/decisions_data.hpp"
#include "support/strategies_plugins.hpp"
#include "support/strategies_trial.hpp"

namespace {

using namespace arbiter;
using namespace arbiter::testing;

class ScaleBiasIn : public ::testing::TestWithParam<const char*> {};

/// Bit for bit the epilogue of the fp32 sums: an epilogue after the reduction would start from rounded ones.
TEST_P(ScaleBiasIn, RunsOnTheSumsBeforeTheyAreRounded) {
  const auto fusion = test::load_plugin<Fusion>(SCALE_BIAS_PLUGIN, {{"scale", "0.37"}});
  const auto strategy = make_strategy(GetParam());
  for (const DType dtype : {DType::bfloat16, DType::float16, DType::float32}) {
    const Problem problem{world().size(), dtype, "SCALE_BIAS", 1001, 37};
    ASSERT_TRUE(strategy->fuses(problem));
    Trial trial(problem, *fusion, Data::random, 3);
    const auto fused = strategy->prepare(preparation(problem, *fusion));
    EXPECT_EQ(trial.difference_after(*fused), "");

    const auto none = make<Fusion>(PluginKind::fusion, "NONE");
    const auto separate =
        host_backend().with_epilogue_pass(strategy->prepare(preparation(problem, *none)), *fusion, problem);
    const bool rounds = dtype != DType::float32;
    EXPECT_EQ(!trial.difference_after(*separate).empty(), rounds) << "the trial would not see the difference";
  }
}

INSTANTIATE_TEST_SUITE_P(Host, ScaleBiasIn, ::testing::Values("ONESHOT", "TWOSHOT"),
                         [](const auto& choice) { return std::string(choice.param); });

}  // namespace
