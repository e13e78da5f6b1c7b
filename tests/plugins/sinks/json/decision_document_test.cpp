// SPDX-License-Identifier: Apache-2.0
#include "json/decision_document.hpp"

#include <limits>

#include <gtest/gtest.h>

namespace arbiter::test {

TEST(ReadableJson, HasALineForEachKeyAndForEachRow) {
  const auto json = nlohmann::ordered_json::parse(
      R"({"z": 1, "a": {"b": "x", "c": {}}, "rows": [[1, "two", null], [], [3]], "list": [1, 2], "maps": [{"k": []}]})");
  EXPECT_EQ(readable_json(json),
            "{\n"
            "  \"z\": 1,\n"
            "  \"a\": {\n"
            "    \"b\": \"x\",\n"
            "    \"c\": {}\n"
            "  },\n"
            "  \"rows\": [\n"
            "    [1,\"two\",null],\n"
            "    [],\n"
            "    [3]\n"
            "  ],\n"
            "  \"list\": [1,2],\n"
            "  \"maps\": [\n"
            "    {\n"
            "      \"k\": []\n"
            "    }\n"
            "  ]\n"
            "}\n");
  EXPECT_EQ(nlohmann::ordered_json::parse(readable_json(json)), json);
}

TEST(ReadableJson, PutsLongTextsBelowEachOther) {
  const std::string text(70, 'x');
  const nlohmann::ordered_json json = {text, text};
  EXPECT_EQ(readable_json(json), "[\n  \"" + text + "\",\n  \"" + text + "\"\n]\n");
}

TEST(ReadableJson, WritesWhatIsNoNumberAndNoText) {
  const nlohmann::ordered_json json = {
      {"\xFFkey", std::numeric_limits<double>::quiet_NaN()}, {"quote\"", "\xFF"}, {"line", "a\nb"}};
  EXPECT_EQ(readable_json(json),
            "{\n  \"\xEF\xBF\xBDkey\": null,\n  \"quote\\\"\": \"\xEF\xBF\xBD\",\n"
            "  \"line\": \"a\\nb\"\n}\n");
}

}  // namespace arbiter::test
