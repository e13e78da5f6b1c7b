#include "common/label_table.hpp"

#include <cmath>
#include <random>

#include <gtest/gtest.h>

#include "support/decisions_data.hpp"

namespace arbiter::test {

namespace {

constexpr std::uint16_t hole = LabelBlock::no_label;

LabelBlock block_of(int tp_size, DType dtype, std::vector<std::uint16_t> labels, std::string name = "A") {
  return {{tp_size, "NONE", dtype},
          LogAxis({128, 512}),
          LogAxis({1, 8, 64}),
          {std::move(name), "B", "C"},
          std::move(labels)};
}

}  // namespace

TEST(LabelTable, FindsExactCellsOnly) {
  const LabelTable table({block_of(2, DType::bfloat16, {0, 1, 2, 0, 0, hole})});
  ASSERT_NE(table.find(cell_of(128, 64)), nullptr);
  EXPECT_EQ(*table.find(cell_of(128, 64)), "C");
  EXPECT_EQ(table.find(cell_of(128, 65)), nullptr);
  EXPECT_EQ(table.find(cell_of(256, 64)), nullptr);
  EXPECT_EQ(table.find(cell_of(512, 64)), nullptr);
  EXPECT_EQ(table.find({4, DType::bfloat16, "NONE", 128, 1}), nullptr);
  EXPECT_EQ(table.find({2, DType::bfloat16, "OTHER", 128, 1}), nullptr);
}

TEST(LabelTable, AnswersOffGridFromTheNearestLabelledCell) {
  const LabelTable table({block_of(2, DType::bfloat16, {0, 1, 2, 0, 0, hole})});
  EXPECT_EQ(*table.find_nearest(cell_of(120, 40)), "C");
  EXPECT_EQ(*table.find_nearest(cell_of(8192, 8)), "A");
  EXPECT_EQ(*table.find_nearest(cell_of(512, 64)), "C");      // two doublings of hidden, three of tokens
  EXPECT_EQ(*table.find_nearest(cell_of(100'000, 32)), "A");  // the hole's neighbour (512, 8)
  EXPECT_EQ(table.find_nearest({4, DType::bfloat16, "NONE", 128, 1}), nullptr);
}

TEST(LabelTable, NearestAgreesWithASearchOfAllCells) {
  std::mt19937 random(7);
  for (int round = 0; round < 50; ++round) {
    std::vector<std::uint16_t> labels(6);
    for (auto& label : labels) label = random() % 3 == 0 ? hole : static_cast<std::uint16_t>(random() % 3);
    labels[0] = 0;
    const LabelBlock block = block_of(2, DType::bfloat16, labels);
    const LabelTable table({block});
    for (int query = 0; query < 50; ++query) {
      const auto hidden = static_cast<std::int64_t>(random() % 2000 + 1);
      const auto tokens = static_cast<std::int64_t>(random() % 200 + 1);
      double nearest = 1e9;
      const auto distance = [&](std::size_t cell) {
        const double h = std::log2(static_cast<double>(hidden) / static_cast<double>(block.hidden[cell / 3]));
        const double t = std::log2(static_cast<double>(tokens) / static_cast<double>(block.tokens[cell % 3]));
        return h * h + t * t;
      };
      for (std::size_t cell = 0; cell < 6; ++cell) {
        if (labels[cell] != hole) nearest = std::min(nearest, distance(cell));
      }
      const std::string found = *table.find_nearest(cell_of(hidden, tokens));
      bool right = false;
      for (std::size_t cell = 0; cell < 6; ++cell) {
        right |= labels[cell] != hole && distance(cell) < nearest + 1e-9 && block.strategies[labels[cell]] == found;
      }
      EXPECT_TRUE(right) << hidden << " x " << tokens;
    }
  }
}

TEST(LabelTable, AsksTheNearestDtypeOfTheSameTpSizeAndFusion) {
  const std::vector<std::uint16_t> first(6, 0);
  const LabelTable table({block_of(2, DType::float32, first, "FP32"), block_of(2, DType::float16, first, "FP16"),
                          block_of(4, DType::float32, first, "TP4")});
  const auto ask = [&](int tp_size, DType dtype) { return *table.find_nearest({tp_size, dtype, "NONE", 128, 1}); };
  EXPECT_EQ(ask(2, DType::bfloat16), "FP16");
  EXPECT_EQ(ask(2, DType::float16), "FP16");
  EXPECT_EQ(ask(2, DType::float32), "FP32");
  EXPECT_EQ(ask(4, DType::bfloat16), "TP4");
}

TEST(LabelBlock, RegionsArePatchesOfNeighboursAlongTheAxes) {
  EXPECT_EQ(block_of(2, DType::bfloat16, {0, 0, 0, 0, 0, 0}).regions(), 1U);
  EXPECT_EQ(block_of(2, DType::bfloat16, {0, 1, 0, 0, 1, 0}).regions(), 3U);
  EXPECT_EQ(block_of(2, DType::bfloat16, {0, 1, 0, 1, 0, 1}).regions(), 6U);
  EXPECT_EQ(block_of(2, DType::bfloat16, {0, hole, 0, hole, hole, hole}).regions(), 2U);
  EXPECT_EQ(block_of(2, DType::bfloat16, {0, hole, 0, hole, hole, hole}).cells(), 2U);
}

}  // namespace arbiter::test
