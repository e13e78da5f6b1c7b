// SPDX-License-Identifier: Apache-2.0
#include "cpp_header/enumerators.hpp"

#include <gtest/gtest.h>

namespace arbiter::test {

TEST(Enumerators, AreIdentifiersOfTheirOwnWhateverTheNames) {
  const auto values =
      enumerators({{"NCCL", 0}, {"my-own", 7}, {"my own", 8}, {"int", 9}, {"2SHOT", 10}, {"_x__y", 11}, {"", 12}});
  std::vector<std::string> identifiers;
  identifiers.reserve(values.size());
  for (const Enumerator& value : values) identifiers.push_back(value.identifier);
  const std::vector<std::string> expected = {"NCCL", "my_own", "my_own_2", "int_", "S2SHOT", "S_x_y", "S"};
  EXPECT_EQ(identifiers, expected);
  EXPECT_EQ(values[2].name, "my own");
  EXPECT_EQ(values[2].value, 8);
}

}  // namespace arbiter::test
