// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "arbiter/sink.hpp"
#include "model/table_selector_of.hpp"
#include "support/decisions_data.hpp"
#include "support/decisions_report.hpp"
#include "support/decisions_tables.hpp"
#include "sweep/decision.hpp"

namespace arbiter::test {

TEST(CppHeader, IsReadBackWithTheSameAnswers) {
  std::uint64_t seed = 70;
  for (const LookUp look_up : {LookUp::exact, LookUp::nearest, LookUp::message_size, LookUp::floor_log2}) {
    const DecisionTable table = any_table(look_up, ++seed);
    DecisionsReport end(Dataset(Machine{"sm90", {}}), {std::make_shared<TableSelectorOf>("any", table, "a test")});
    load_plugin<Sink>(CPP_HEADER_PLUGIN)->write(end.report);
    const auto again = load_decision_file(end.run.output_dir / "arbiter_decision.hpp", "again");
    std::mt19937_64 random(seed);
    for (int i = 0; i < 100'000; ++i) {
      const Problem problem = any_problem(random);
      ASSERT_EQ(again->select(problem), table.select(problem)) << name_of(look_up) << ": " << to_string(problem);
    }
    for (const Problem& problem : cells_in(table)) ASSERT_EQ(again->select(problem), table.select(problem));
  }
}

}  // namespace arbiter::test
