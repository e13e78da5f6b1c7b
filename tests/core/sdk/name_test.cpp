// SPDX-License-Identifier: Apache-2.0
#include "arbiter/name.hpp"

#include <algorithm>
#include <string>
#include <thread>
#include <vector>

#include <fmt/format.h>
#include <gtest/gtest.h>

namespace arbiter::test {

TEST(Name, OfEqualTextsIsOneTextInOnePlace) {
  const Name a = "ONESHOT";
  const Name b = std::string("ONE") + "SHOT";
  EXPECT_EQ(a, b);
  EXPECT_EQ(&a.text(), &b.text());
  EXPECT_NE(a, Name("TWOSHOT"));
}

TEST(Name, WithoutATextIsEmpty) {
  EXPECT_EQ(Name(), Name(""));
  EXPECT_TRUE(Name("").empty());
  EXPECT_EQ(Name().text(), "");
  Name name = "x";
  name.clear();
  EXPECT_EQ(name, "");
}

TEST(Name, OrdersAsItsTextDoes) {
  const Name later = "B";  // stored before the other one
  const Name earlier = "A";
  EXPECT_LT(earlier, later);
  EXPECT_LT(Name(), earlier);
  EXPECT_LT(earlier, std::string("AA"));
  EXPECT_GT(later, "A");
}

TEST(Name, StandsWhereATextDoes) {
  const Name name = "NCCL";
  const std::vector<std::string> texts = {"MPI", "NCCL"};
  EXPECT_EQ(std::ranges::find(texts, name) - texts.begin(), 1);
  EXPECT_EQ(fmt::format("{:>6}", name), "  NCCL");
  EXPECT_EQ("a " + name + " b", "a NCCL b");
  EXPECT_EQ(std::string(name), "NCCL");
}

TEST(Name, IsTheSameForThreadsThatMakeItAtOnce) {
  std::vector<Name> names(64);
  {
    std::vector<std::jthread> threads;
    threads.reserve(4);
    for (std::size_t t = 0; t < 4; ++t) {
      threads.emplace_back([&names, t] {
        for (std::size_t i = 0; i < 16; ++i) names[16 * t + i] = "made at once " + std::to_string(i);
      });
    }
  }
  for (std::size_t i = 0; i < names.size(); ++i) EXPECT_EQ(&names[i].text(), &names[i % 16].text());
}

}  // namespace arbiter::test
