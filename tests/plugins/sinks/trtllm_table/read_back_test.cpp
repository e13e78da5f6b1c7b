// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "arbiter/sink.hpp"
#include "support/decisions_data.hpp"
#include "support/decisions_report.hpp"
#include "sweep/decision.hpp"

namespace arbiter::test {

TEST(TrtllmTable, IsReadBackWithTheNamesOfItsNumbers) {
  Dataset data(Machine{"sm90", {}});
  for (const std::int64_t tokens : {1, 16}) {
    data.add(engine_context_row(cell_of(4096, tokens), "SLOW", 9.0));
    data.add(engine_context_row(cell_of(4096, tokens), "MINE", tokens == 1 ? 1.0 : 2.0));
    data.add(engine_context_row(cell_of(4096, tokens), "OTHER", tokens == 1 ? 2.0 : 1.0));
  }
  DecisionsReport end(data);
  load_plugin<Sink>(TRTLLM_TABLE_PLUGIN, {{"nccl", "[SLOW]"}, {"one_shot", "[MINE]"}, {"two_shot", "[OTHER]"}})
      ->write(end.report);
  const auto again = load_decision_file(end.run.output_dir / "engines" / "trtllm_table" / "generated_lookup_table.cpp",
                                        "again", "sm90");
  EXPECT_EQ(again->select(cell_of(4096, 1)), "ONESHOT");
  EXPECT_EQ(again->select(cell_of(4096, 16)), "TWOSHOT");
  EXPECT_EQ(again->select(cell_of(5000, 17)), "TWOSHOT");
}

}  // namespace arbiter::test
