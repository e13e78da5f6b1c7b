// SPDX-License-Identifier: Apache-2.0
#include "io/table_json.hpp"

#include <gmock/gmock.h>

#include "arbiter/error.hpp"
#include "support/decisions_tables.hpp"

namespace arbiter::test {

namespace {

using ::testing::HasSubstr;

DecisionTable read(const nlohmann::json& json) { return table_from_json(JsonCursor(json, "file.json", "table")); }

nlohmann::json small() {
  return nlohmann::json::parse(R"({"look_up": "nearest", "fallback": "NCCL", "grids": [
      {"tp_size": 2, "dtype": "bfloat16", "fusion": "NONE", "hidden_sizes": [128, 256], "num_tokens": [1],
       "strategies": ["A", "B"], "cells": [[0], [null]]}],
      "steps": [{"tp_size": 4, "dtype": "float16", "fusion": "NONE", "steps": [[64, "A"], [null, "B"]]}]})");
}

std::string mistake(const std::string& pointer, const nlohmann::json& value) {
  nlohmann::json json = small();
  json[nlohmann::json::json_pointer(pointer)] = value;
  try {
    static_cast<void>(read(json));
  } catch (const DataError& error) {
    return error.what();
  }
  return "no mistake";
}

}  // namespace

TEST(TableJson, ReadsBackTheSameAnswersForCellsAndForAnyShape) {
  for (const LookUp look_up : {LookUp::exact, LookUp::nearest, LookUp::message_size, LookUp::floor_log2}) {
    const DecisionTable table = any_table(look_up, 5);
    const DecisionTable again = read(nlohmann::json::parse(table_to_json(table).dump()));
    EXPECT_EQ(again.look_up, look_up);
    for (const Problem& problem : cells_in(table)) ASSERT_EQ(again.select(problem), table.select(problem));
    std::mt19937_64 random(6);
    for (int i = 0; i < 20'000; ++i) {
      const Problem problem = any_problem(random);
      ASSERT_EQ(again.select(problem), table.select(problem)) << to_string(problem);
    }
  }
}

TEST(TableJson, HasTheFormItsHeaderTells) {
  EXPECT_EQ(nlohmann::json::parse(table_to_json(read(small())).dump()), small());
}

TEST(TableJson, NamesTheKeyWhatWasFoundAndWhatIsAllowed) {
  EXPECT_EQ(mistake("/look_up", "farthest"),
            "file.json: table.look_up: found \"farthest\", allowed: exact, nearest, message_size, floor_log2");
  EXPECT_EQ(mistake("/fallback", ""), "file.json: table.fallback: found \"\", allowed: a text");
  EXPECT_EQ(mistake("/grids/0/dtype", "int8"),
            "file.json: table.grids.0.dtype: found \"int8\", allowed: bfloat16, float16, float32");
  EXPECT_EQ(mistake("/grids/0/hidden_sizes/1", 128),
            "file.json: table.grids.0.hidden_sizes.1: found 128, allowed: more than 128");
  EXPECT_EQ(mistake("/grids/0/hidden_sizes", nlohmann::json{1, 5, 5}),
            "file.json: table.grids.0.hidden_sizes.2: found 5, allowed: more than 5");
  EXPECT_EQ(mistake("/grids/0/cells/0/0", 2),
            "file.json: table.grids.0.cells.0.0: found 2, allowed: a whole number "
            "from 0 to 1");
  EXPECT_EQ(mistake("/grids/0/cells/0/0", 0.5),
            "file.json: table.grids.0.cells.0.0: found 0.5, allowed: a whole "
            "number from 0 to 1");
  EXPECT_EQ(mistake("/grids/0/cells", nlohmann::json::parse("[[0]]")),
            "file.json: table.grids.0.cells: found a list of 1, allowed: a list of 2, one row for each hidden size");
  EXPECT_EQ(mistake("/grids/0/cells/1", nlohmann::json::parse("[0, 1]")),
            "file.json: table.grids.0.cells.1: found a list of 2, allowed: a list of 1, one cell for each number of "
            "tokens");
  EXPECT_EQ(mistake("/grids/0/num_tokens/0", 18446744073709551615U),
            "file.json: table.grids.0.num_tokens.0: found 18446744073709551615, allowed: a whole number of at least 1");
  EXPECT_EQ(mistake("/grids/0/tp_size", 4294967296),
            "file.json: table.grids.0.tp_size: found 4294967296, allowed: a "
            "whole number from 1 to 2147483647");
  EXPECT_EQ(mistake("/steps/0/steps/1/0", 128),
            "file.json: table.steps.0.steps.1.0: found 128, allowed: null, as the last step has no end");
  EXPECT_THAT(mistake("/steps/0/steps/0/0", nullptr), HasSubstr("found null, allowed: a whole number from 0 to"));
  EXPECT_EQ(mistake("/steps/0/steps", nlohmann::json::array()),
            "file.json: table.steps.0.steps: found a list of 0, allowed: at least one step");
  EXPECT_EQ(mistake("/grids", 7), "file.json: table.grids: found 7, allowed: a list");
  EXPECT_EQ(mistake("", nlohmann::json::object()),
            "file.json: table: found no \"look_up\", allowed: a map that has it");
}

}  // namespace arbiter::test
