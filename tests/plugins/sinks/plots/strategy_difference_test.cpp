// SPDX-License-Identifier: Apache-2.0
#include <cstdint>

#include <gmock/gmock.h>

#include "arbiter/plots.hpp"
#include "support/pictures_data.hpp"
#include "support/pictures_environment.hpp"
#include "support/pictures_svg.hpp"

namespace arbiter::test {
namespace {

SvgPicture difference_of(const Dataset& dataset) {
  const PictureFolder folder;
  plot_strategy_difference(dataset, "NONE", folder / "a.svg");
  return SvgPicture(folder / "a.svg");
}

std::string fill_behind(const SvgPicture& picture, const SvgText& text) {
  return picture.box_at(text.x, text.y - 4.0).fill;
}

TEST(StrategyDifference, LabelsEveryCellWithPerCentAboveTheBest) {
  Dataset dataset = picture_dataset();
  dataset.add(picture_row("NCCL", 1024, 1, 13.4));
  dataset.add(picture_row("NCCL", 1024, 2, 510.0));
  dataset.add(picture_row("ONESHOT", 1024, 1, 10.0));
  dataset.add(picture_row("ONESHOT", 1024, 2, 10.0));
  const SvgPicture picture = difference_of(dataset);
  EXPECT_EQ(picture.all("34").size(), 1U);
  EXPECT_EQ(picture.all("5k").size(), 1U);
  EXPECT_EQ(picture.all("0").size(), 2U + 1U) << "two cells and the scale's own";
}

TEST(StrategyDifference, BestIsWhiteAndTheScaleIsTheSameForAllData) {
  const auto fill_of_34_beside = [](double slowest) {
    Dataset dataset = picture_dataset();
    dataset.add(picture_row("NCCL", 1024, 1, 13.4));
    dataset.add(picture_row("NCCL", 1024, 2, slowest));
    dataset.add(picture_row("ONESHOT", 1024, 1, 10.0));
    dataset.add(picture_row("ONESHOT", 1024, 2, 10.0));
    const SvgPicture picture = difference_of(dataset);
    return fill_behind(picture, picture.all("34").at(0));
  };
  EXPECT_EQ(fill_of_34_beside(11.0), fill_of_34_beside(900.0));
  Dataset dataset = picture_dataset();
  dataset.add(picture_row("NCCL", 1024, 1, 10.0));
  const SvgPicture picture = difference_of(dataset);
  EXPECT_EQ(fill_behind(picture, picture.all("0").at(0)), "rgb(255,255,255)");
}

TEST(StrategyDifference, ComparesWithAutoWhereItIsTheFastest) {
  Dataset dataset = picture_dataset();
  dataset.add(picture_row("AUTO", 1024, 1, 9.0));
  dataset.add(picture_row("NCCL", 1024, 1, 10.0));
  const SvgPicture picture = difference_of(dataset);
  EXPECT_EQ(picture.all("AUTO").size(), 1U);
  EXPECT_EQ(picture.all("11").size(), 1U);
}

TEST(StrategyDifference, LabelsCellsOfALargeGrid) {
  Dataset dataset = picture_dataset();
  for (std::int64_t hidden = 1; hidden <= 20; ++hidden) {
    for (std::int64_t tokens = 1; tokens <= 40; ++tokens) {
      dataset.add(picture_row("NCCL", 512 * hidden, tokens, 13.4));
      dataset.add(picture_row("ONESHOT", 512 * hidden, tokens, 10.0));
      dataset.add(picture_row("TWOSHOT", 512 * hidden, tokens, 17.7));
    }
  }
  const SvgPicture picture = difference_of(dataset);
  EXPECT_GE(picture.all("77").size(), 800U);
}

}  // namespace
}  // namespace arbiter::test
