// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>

#include "arbiter/plots.hpp"
#include "support/pictures_data.hpp"
#include "support/pictures_environment.hpp"
#include "support/pictures_svg.hpp"

namespace arbiter::test {
namespace {

SvgPicture best_of(const Dataset& dataset, const std::string& fusion = "NONE") {
  const PictureFolder folder;
  plot_best_strategy(dataset, fusion, folder / "a.svg");
  return SvgPicture(folder / "a.svg");
}

std::string fill_behind(const SvgPicture& picture, const std::string& words) {
  const auto found = picture.all(words);
  return found.empty() ? words + " is not there" : picture.box_at(found[0].x, found[0].y - 4.0).fill;
}

/// The colour of the bar to the left of a name.
std::string band_of(const SvgPicture& picture, const std::string& strategy) {
  const auto found = picture.all(strategy);
  return found.empty() ? strategy + " is not there" : picture.box_at(found[0].x - 14.0, found[0].y - 4.0).fill;
}

TEST(BestStrategy, TitleGivesSharesTheLargestFirst) {
  Dataset dataset = small_picture_dataset();
  dataset.add(picture_row("ONESHOT", 1024, 8, 5.0));
  EXPECT_TRUE(best_of(dataset).has("ONESHOT 75 %, NCCL 25 %"));
}

TEST(BestStrategy, ColoursEachCellAsTheBarDoes) {
  const SvgPicture picture = best_of(small_picture_dataset());
  EXPECT_EQ(fill_behind(picture, "11"), band_of(picture, "ONESHOT"));
  EXPECT_EQ(fill_behind(picture, "23"), band_of(picture, "NCCL"));
  EXPECT_NE(band_of(picture, "NCCL"), band_of(picture, "ONESHOT"));
}

TEST(BestStrategy, HasTheColoursOfTheWholeRun) {
  const auto rows_of = [](const std::vector<std::string>& names) {
    Dataset dataset = picture_dataset();
    for (const auto& name : names) dataset.add(picture_row(name, 1024, 1, 20.0));
    return dataset;
  };
  const std::vector<std::string> both = {"RING", "THEIRS_20"};
  const auto& [first, second] = std::pair(both[0], both[1]);
  ASSERT_EQ(band_of(best_of(rows_of({first})), first), band_of(best_of(rows_of({second})), second)) << "one colour";
  const SvgPicture together = best_of(rows_of(both));
  ASSERT_NE(band_of(together, first), band_of(together, second));
  for (const auto& name : both) {
    const PictureFolder folder;
    plot_best_strategy(rows_of({name}), "NONE", folder / "a.svg", both);
    EXPECT_EQ(band_of(SvgPicture(folder / "a.svg"), name), band_of(together, name)) << name;
  }
}

TEST(BestStrategy, WritesDarkOnBrightColoursAndBrightOnDarkOnes) {
  const SvgPicture picture = best_of(small_picture_dataset());
  EXPECT_EQ(picture.all("11").at(0).color, "rgb(0,0,0)") << "on orange";
  EXPECT_EQ(picture.all("23").at(0).color, "rgb(255,255,255)") << "on blue";
}

TEST(BestStrategy, BarNamesAlsoStrategiesThatNeverWin) {
  Dataset dataset = small_picture_dataset();
  dataset.add(picture_row("TWOSHOT", 1024, 1, 900.0));
  EXPECT_EQ(best_of(dataset).all("TWOSHOT").size(), 1U);
}

TEST(BestStrategy, AutoMayBeTheBestAndIsNotOnATie) {
  Dataset dataset = small_picture_dataset();
  const double fastest = dataset.rows().front().time_us;
  dataset.add(picture_row("AUTO", 1024, 1, 1.0));
  const SvgPicture picture = best_of(dataset);
  EXPECT_EQ(picture.all("AUTO").size(), 1U) << "its band";
  EXPECT_TRUE(picture.has("NCCL 50 %, ONESHOT 25 %, AUTO 25 %"));
  EXPECT_EQ(picture.all("1.0").size(), 1U);
  Dataset tied = picture_dataset();
  tied.add(picture_row("NCCL", 1024, 1, fastest));
  tied.add(picture_row("AUTO", 1024, 1, fastest));
  EXPECT_TRUE(best_of(tied).has("NCCL 100 %"));
}

TEST(BestStrategy, FailedStrategyDoesNotWin) {
  Dataset dataset = picture_dataset();
  Measurement wrong = failed_picture_row("ONESHOT", 1024, 1);
  wrong.time_us = 1.0;
  dataset.add(wrong);
  dataset.add(picture_row("NCCL", 1024, 1, 20.0));
  EXPECT_TRUE(best_of(dataset).has("NCCL 100 %"));
}

TEST(BestStrategy, EmptyAndFailedCellsAreMarked) {
  Dataset dataset = picture_dataset();
  dataset.add(picture_row("NCCL", 1024, 1, 20.0));
  dataset.add(failed_picture_row("NCCL", 4096, 8));
  const SvgPicture picture = best_of(dataset);
  EXPECT_EQ(picture.hatched().size(), 2U + 1U);
  EXPECT_TRUE(picture.has("failed"));
}

TEST(BestStrategy, NameHasOneColourInEveryPicture) {
  Dataset one = picture_dataset();
  one.add(picture_row("THEIRS", 1024, 1, 20.0));
  Dataset other = picture_dataset("cpu");
  other.add(picture_row("MPI", 512, 2, 30.0));
  other.add(picture_row("TWOSHOT", 512, 2, 25.0));
  other.add(picture_row("THEIRS", 512, 2, 20.0));
  EXPECT_EQ(band_of(best_of(one), "THEIRS"), band_of(best_of(other), "THEIRS"));
}

TEST(BestStrategy, NothingUsableIsSaid) {
  Dataset dataset = picture_dataset();
  dataset.add(failed_picture_row("NCCL", 4096, 8));
  EXPECT_TRUE(best_of(dataset).has("nothing usable was measured"));
}

}  // namespace
}  // namespace arbiter::test
