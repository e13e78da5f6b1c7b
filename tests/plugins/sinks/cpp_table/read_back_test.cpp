// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "arbiter/sink.hpp"
#include "support/decisions_data.hpp"
#include "support/decisions_report.hpp"
#include "sweep/decision.hpp"

namespace arbiter::test {

namespace {

/// Every cell gets another of these, with numbers that are published and that are not.
std::string choice_of(const Problem& problem) {
  static const std::vector<std::string> names = {"NCCL", "ONESHOT", "TWOSHOT", "MY RING", "TREE"};
  const auto sum = static_cast<std::size_t>(problem.hidden_size / 32 + problem.num_tokens + problem.tp_size);
  return names[sum % names.size()];
}

}  // namespace

TEST(CppTable, OfTheDatasAxesIsReadBackWithTheSameAnswers) {
  Dataset data(Machine{"sm90", {}});
  for (const int tp_size : {2, 3, 6}) {
    for (const std::int64_t hidden : {2880, 4096, 7168}) {
      for (const std::int64_t tokens : {16, 48, 96}) {
        data.add(decision_row({tp_size, DType::bfloat16, "NONE", hidden, tokens}, "NCCL", 1.0));
      }
    }
  }
  DecisionsReport end(data, {std::make_shared<FunctionSelector>("mine", choice_of)});
  end.ids = {{"NCCL", 0}, {"ONESHOT", 4}, {"TWOSHOT", 5}, {"MY RING", 100}, {"TREE", 1234}};
  load_plugin<Sink>(CPP_TABLE_PLUGIN, {{"axes", "data"}})->write(end.report);
  const auto again =
      load_decision_file(end.run.output_dir / "gen_heuristic_code" / "generated_lookup_table.cpp", "again", "sm90");
  for (const Measurement& row : data.rows()) {
    EXPECT_EQ(again->select(row.problem), choice_of(row.problem)) << to_string(row.problem);
  }
}

}  // namespace arbiter::test
