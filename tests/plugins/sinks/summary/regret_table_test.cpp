#include "summary/regret_table.hpp"

#include <gmock/gmock.h>

#include "support/decisions_data.hpp"

namespace arbiter::test {

TEST(RegretTable, HasOneAlignedLinePerSelector) {
  Dataset data;
  for (const std::int64_t tokens : {1, 2}) {
    data.add(decision_row(cell_of(128, tokens), "A", 10.0));
    data.add(decision_row(cell_of(128, tokens), "B", 11.5));
  }
  const auto always = [](std::string name, std::string strategy) {
    return std::make_shared<FunctionSelector>(std::move(name), [strategy](const Problem&) { return strategy; });
  };
  EXPECT_THAT(regret_table({always("good", "A"), always("slower", "B"), always("unmeasured", "C")}, data),
              ::testing::ElementsAre("selector     cells       mean        p95      worst  within 1 %  no time",
                                     "good             2     0.00 %     0.00 %     0.00 %       100 %        0",
                                     "slower           2    15.00 %    15.00 %    15.00 %         0 %        0",
                                     "unmeasured       2          -          -          -           -        2"));
}

}  // namespace arbiter::test
