// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "arbiter/error.hpp"
#include "support/strategies_plugins.hpp"

namespace {

using namespace arbiter;
using namespace arbiter::testing;
using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

TEST(MpiStrategyRing, SaysWhatToSetWhereOpenMpiWasStartedWithoutRules) {
  const auto fusion = make<Fusion>(PluginKind::fusion, "NONE");
  const auto ring = make_strategy("MPI", {{"algorithm", "ring"}});
  const Problem problem{world().size(), DType::bfloat16, "NONE", 8, 1};
  EXPECT_THAT([&] { static_cast<void>(ring->prepare(preparation(problem, *fusion))); },
              ThrowsMessage<Error>(HasSubstr("OMPI_MCA_coll_tuned_use_dynamic_rules=1")));
}

}  // namespace
