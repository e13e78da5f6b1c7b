// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>

#include "arbiter/plots.hpp"
#include "support/pictures_data.hpp"
#include "support/pictures_environment.hpp"
#include "support/pictures_svg.hpp"

namespace arbiter::test {
namespace {

Measurement row_over(double lower_bound_us, const std::string& strategy, std::int64_t tokens, double time_us) {
  return picture_row(strategy, 1024, tokens, time_us, lower_bound_us);
}

SvgPicture picture_of(const Dataset& dataset) {
  const PictureFolder folder;
  plot_lower_bound_distance(dataset, "NONE", folder / "a.svg");
  return SvgPicture(folder / "a.svg");
}

TEST(LowerBoundDistance, LabelsEveryCellWithPerCentAboveItsOwnFloor) {
  Dataset dataset = picture_dataset();
  dataset.add(row_over(2.0, "NCCL", 1, 8.0));
  dataset.add(row_over(4.0, "NCCL", 2, 9.0));
  dataset.add(row_over(2.0, "ONESHOT", 1, 2.34));
  const SvgPicture picture = picture_of(dataset);
  EXPECT_EQ(picture.all("300").size(), 1U);
  EXPECT_EQ(picture.all("125").size(), 1U);
  EXPECT_EQ(picture.all("17").size(), 1U);
}

TEST(LowerBoundDistance, TakesTheFloorOfTheFasterOfTwoRows) {
  Dataset dataset = picture_dataset();
  dataset.add(row_over(4.0, "NCCL", 1, 8.0));
  dataset.add(row_over(2.0, "NCCL", 1, 6.0));
  const SvgPicture picture = picture_of(dataset);
  EXPECT_EQ(picture.all("200").size(), 1U + 1U) << "the cell and the scale's own";
}

TEST(LowerBoundDistance, LeavesCellsWithoutAFloorEmpty) {
  Dataset dataset = picture_dataset();
  dataset.add(row_over(2.0, "NCCL", 1, 2.26));
  dataset.add(picture_row("NCCL", 1024, 2, 7.0));
  const SvgPicture picture = picture_of(dataset);
  EXPECT_EQ(picture.all("13").size(), 1U);
  EXPECT_TRUE(picture.all("250").empty());
}

}  // namespace
}  // namespace arbiter::test
