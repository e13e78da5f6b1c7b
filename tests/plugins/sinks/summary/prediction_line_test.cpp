#include "summary/prediction_line.hpp"

#include <limits>

#include <gmock/gmock.h>

#include "support/decisions_data.hpp"
#include "support/decisions_report.hpp"
#include "support/unwrapped.hpp"

namespace arbiter::test {

namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;

/// Expects 10 us of ONESHOT and nothing of others.
class Prophet : public Selector {
 public:
  [[nodiscard]] std::string name() const override { return "prophet"; }
  [[nodiscard]] std::string select(const Problem& /*unused*/) const override { return "ONESHOT"; }
  [[nodiscard]] std::string report() const override { return "it knows"; }
  [[nodiscard]] double predict(const Problem& /*unused*/, const std::string& strategy) const override {
    return strategy == "ONESHOT" ? 10.0 : std::numeric_limits<double>::quiet_NaN();
  }
};

void add_holdout(DecisionsReport& end) {
  for (const auto& [tokens, us] : {std::pair{3, 10.0}, std::pair{5, 8.0}, std::pair{7, 20.0}}) {
    end.holdout.add(decision_row(cell_of(96, tokens), "ONESHOT", us));
    end.holdout.add(decision_row(cell_of(96, tokens), "MPI", us));
  }
}

std::string text_of(const DecisionsReport& end) { return unwrapped(prediction_lines(end.report)); }

}  // namespace

TEST(PredictionLines, TellHowFarPredictionsOfTheHoldoutWereOff) {
  DecisionsReport end(Dataset(Machine{"cpu", {}}), {std::make_shared<Prophet>()});
  add_holdout(end);
  EXPECT_THAT(text_of(end),
              HasSubstr("prophet predicted 3 times of the holdout; half of them are off by at most 25.0 %, "
                        "95 in 100 by at most 50.0 %, the worst by 50.0 %."));
}

TEST(PredictionLines, AreNotThereForSelectorsThatPredictNothingOrWithoutAHoldout) {
  DecisionsReport silent(Dataset(Machine{"cpu", {}}),
                         {std::make_shared<FunctionSelector>("lut", [](const Problem&) { return "MPI"; })});
  add_holdout(silent);
  EXPECT_THAT(prediction_lines(silent.report), IsEmpty());
  const DecisionsReport bare(Dataset(Machine{"cpu", {}}), {std::make_shared<Prophet>()});
  EXPECT_THAT(prediction_lines(bare.report), IsEmpty());
}

}  // namespace arbiter::test
