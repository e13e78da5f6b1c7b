// SPDX-License-Identifier: Apache-2.0
#include "summary/remarks.hpp"

#include <limits>

#include <gmock/gmock.h>

#include "support/decisions_data.hpp"
#include "support/decisions_report.hpp"
#include "support/unwrapped.hpp"

namespace arbiter::test {

namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

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

std::string prediction_text(const DecisionsReport& end) { return unwrapped(prediction_lines(end.report)); }

}  // namespace

TEST(PredictionLines, TellHowFarPredictionsOfTheHoldoutWereOff) {
  DecisionsReport end(Dataset(Machine{"cpu", {}}), {std::make_shared<Prophet>()});
  add_holdout(end);
  EXPECT_THAT(prediction_text(end),
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

namespace {

Dataset with_auto() {
  Dataset data(Machine{"cpu", {}});
  for (const std::int64_t tokens : {1, 2}) {
    data.add(decision_row(cell_of(128, tokens), "MPI", 10.0));
    data.add(decision_row(cell_of(128, tokens), "ONESHOT", 20.0));
    data.add(decision_row(cell_of(128, tokens), "AUTO", tokens == 1 ? 10.5 : 9.8));
  }
  return data;
}

std::string auto_text(const DecisionsReport& end) {
  return unwrapped(auto_lines(end.report, regret_report(end.report)));
}

std::vector<std::shared_ptr<const Selector>> choosing(const std::string& strategy) {
  return {std::make_shared<FunctionSelector>("lut", [strategy](const Problem&) { return strategy; })};
}

}  // namespace

TEST(AutoLines, TellTheMeasuredExcessAndTheDriftBesideIt) {
  const DecisionsReport end(with_auto(), choosing("MPI"));
  EXPECT_THAT(auto_text(end),
              AllOf(HasSubstr("AUTO as measured: grid mean 1.50 %, worst 5.00 % over the best of the cell in 2 cells."),
                    HasSubstr("measured after the others"), HasSubstr("mean 3.50 %"), HasSubstr("worst 5.00 %"),
                    Not(HasSubstr("holdout"))));
}

TEST(AutoLines, TellTheHoldoutToo) {
  DecisionsReport end(with_auto(), choosing("MPI"));
  end.holdout.add(decision_row(cell_of(100, 3), "MPI", 10.0));
  end.holdout.add(decision_row(cell_of(100, 3), "AUTO", 12.0));
  EXPECT_THAT(auto_text(end), HasSubstr("holdout mean 20.00 %"));
}

TEST(AutoLines, AreNoneIfAutoWasNotMeasured) {
  Dataset data;
  data.add(decision_row(cell_of(128, 1), "MPI", 10.0));
  EXPECT_EQ(auto_text(DecisionsReport(data, choosing("MPI"))), "");
}

namespace {

Measurement row_over(double lower_bound_us, std::int64_t tokens, const std::string& strategy, double time_us) {
  auto row = decision_row(cell_of(128, tokens), strategy, time_us);
  row.lower_bound_us = lower_bound_us;
  return row;
}

std::string lower_bound_text(const Dataset& data) { return unwrapped(lower_bound_lines(data)); }

}  // namespace

TEST(FloorLines, TellTheFastestOfEachCellAgainstItsFloor) {
  Dataset data(Machine{"cpu", {}});
  data.add(row_over(2.0, 1, "MPI", 9.0));
  data.add(row_over(2.0, 1, "ONESHOT", 4.0));
  data.add(row_over(2.0, 8, "MPI", 16.0));
  data.add(row_over(2.0, 8, "ONESHOT", 17.0));
  data.add(decision_row(cell_of(128, 16), "MPI", 16.0));
  EXPECT_THAT(lower_bound_text(data), HasSubstr("tp 2: NONE 4.00x (2.00x to 8.00x)."));
}

TEST(FloorLines, AreNoneWithoutAFloor) {
  Dataset data(Machine{"cpu", {}});
  data.add(decision_row(cell_of(128, 1), "MPI", 16.0));
  EXPECT_THAT(lower_bound_lines(data), IsEmpty());
}

TEST(ContextLines, SayInHowManyCellsTheBestStrategyDiffersAndInWhich) {
  Dataset own(Machine{"sm90", {}});
  Dataset all(own.machine());
  const auto add = [&](Context context, std::int64_t tokens, double oneshot, double nccl) {
    for (const auto& [name, time_us] : {std::pair("ONESHOT", oneshot), std::pair("NCCL", nccl)}) {
      Measurement row = decision_row(cell_of(128, tokens), name, time_us);
      row.setting = {"cuda", 1, "allreduce", true, context};
      all.add(row);
      if (context == Context::engine) own.add(row);
    }
  };
  for (const std::int64_t tokens : {1, 2, 4, 8, 16}) {
    add(Context::engine, tokens, 2.0, 1.0);
    add(Context::back_to_back, tokens, tokens < 16 ? 1.0 : 3.0, 2.0);
  }
  DecisionsReport end(own);
  end.report.setting = own.rows().front().setting;
  EXPECT_THAT(context_lines(end.report), IsEmpty());
  end.report.all_rows = &all;
  EXPECT_THAT(unwrapped(context_lines(end.report)),
              HasSubstr("Of 5 cells the best strategy differs in 4 between engine and back_to_back: "
                        "tp 2, bfloat16, NONE, 1 tokens x 128: NCCL, ONESHOT; "
                        "tp 2, bfloat16, NONE, 2 tokens x 128: NCCL, ONESHOT; "
                        "tp 2, bfloat16, NONE, 4 tokens x 128: NCCL, ONESHOT; and 1 more."));
}

TEST(AutoLines, CountTheCellsThatHaveATimeOfAuto) {
  Dataset data = with_auto();
  data.add(decision_row(cell_of(128, 4), "MPI", 10.0));
  data.add(failed_row(cell_of(128, 4), "AUTO"));
  DecisionsReport end(data, choosing("MPI"));
  end.holdout.add(decision_row(cell_of(100, 3), "MPI", 10.0));
  end.holdout.add(decision_row(cell_of(100, 3), "AUTO", 12.0));
  EXPECT_THAT(auto_text(end), HasSubstr("AUTO as measured: grid mean 1.50 %, worst 5.00 % over the best of the cell in "
                                        "2 cells; holdout mean 20.00 %, worst 20.00 % over the best of the cell in 1 "
                                        "cells."));
}

TEST(AutoLines, TellTheHoldoutAloneWhereTheGridHasNoTimesOfAuto) {
  Dataset data;
  data.add(decision_row(cell_of(128, 1), "MPI", 10.0));
  DecisionsReport end(data, choosing("MPI"));
  end.holdout.add(decision_row(cell_of(100, 3), "MPI", 10.0));
  end.holdout.add(decision_row(cell_of(100, 3), "AUTO", 12.0));
  EXPECT_THAT(auto_text(end), HasSubstr("AUTO as measured: holdout mean 20.00 %, worst 20.00 % over the best of the "
                                        "cell in 1 cells."));
}

TEST(PredictionLines, TellTheMedianAndTheRankOf95In100) {
  DecisionsReport end(Dataset(Machine{"cpu", {}}), {std::make_shared<Prophet>()});
  // Errors of 1 to 20 percent.
  for (int i = 1; i <= 20; ++i) {
    end.holdout.add(decision_row(cell_of(96, i), "ONESHOT", 10.0 / (1.0 + 0.01 * i)));
  }
  Measurement failed = decision_row(cell_of(96, 1), "ONESHOT", 1.0);
  failed.failed = true;
  end.holdout.add(failed);
  EXPECT_THAT(prediction_text(end),
              HasSubstr("prophet predicted 20 times of the holdout; half of them are off by at most 10.0 %, 95 in 100 "
                        "by at most 19.0 %, the worst by 20.0 %."));
}

TEST(FloorLines, TellTheGeometricMeanOfEachTpSizeAndFusion) {
  Dataset data(Machine{"cpu", {}});
  const auto add = [&](int tp_size, const char* fusion, std::int64_t tokens, double ratio) {
    auto row = decision_row({tp_size, DType::bfloat16, fusion, 128, tokens}, "MPI", 2.0 * ratio);
    row.lower_bound_us = 2.0;
    data.add(row);
  };
  add(2, "NONE", 1, 2.0);
  add(2, "NONE", 2, 2.0);
  add(2, "NONE", 4, 16.0);
  add(2, "X", 1, 3.0);
  add(4, "NONE", 1, 5.0);
  EXPECT_THAT(lower_bound_text(data),
              HasSubstr("geometric mean: tp 2: NONE 4.00x (2.00x to 16.00x), X 3.00x (3.00x to 3.00x). tp 4: NONE "
                        "5.00x (5.00x to 5.00x)."));
}

}  // namespace arbiter::test
