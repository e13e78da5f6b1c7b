// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <map>
#include <set>

#include <gmock/gmock.h>

#include "arbiter/plots.hpp"
#include "support/pictures_data.hpp"
#include "support/pictures_environment.hpp"
#include "support/pictures_svg.hpp"

namespace arbiter::test {
namespace {

SvgPicture heatmap_of(const Dataset& dataset) {
  const PictureFolder folder;
  plot_heatmap(dataset, "NONE", folder / "a.svg");
  return SvgPicture(folder / "a.svg");
}

TEST(Heatmap, HasAPanelPerStrategyFromTheLeftInOrderOfFirstAppearance) {
  Dataset dataset = small_picture_dataset();
  dataset.add(picture_row("AUTO", 1024, 1, 10.5));
  const SvgPicture picture = heatmap_of(dataset);
  ASSERT_EQ(picture.all("NCCL").size(), 1U);
  ASSERT_EQ(picture.all("ONESHOT").size(), 1U);
  ASSERT_EQ(picture.all("AUTO").size(), 1U);
  EXPECT_LT(picture.all("NCCL")[0].x, picture.all("ONESHOT")[0].x);
  EXPECT_LT(picture.all("ONESHOT")[0].x, picture.all("AUTO")[0].x);
  EXPECT_EQ(picture.all("NCCL")[0].y, picture.all("AUTO")[0].y);
  EXPECT_EQ(picture.all("num_tokens").size(), 3U);
}

TEST(Heatmap, TitleNamesFusionTpDtypeAndPlatform) {
  const SvgPicture picture = heatmap_of(small_picture_dataset());
  EXPECT_TRUE(picture.mentions("NONE"));
  EXPECT_TRUE(picture.has("tp 4, bfloat16, sm90, back_to_back"));
}

TEST(Heatmap, PutsLargerHiddenSizesOnTopAndMoreTokensToTheRight) {
  const SvgPicture picture = heatmap_of(small_picture_dataset());
  ASSERT_EQ(picture.all("4096").size(), 1U);
  ASSERT_EQ(picture.all("1024").size(), 1U);
  EXPECT_LT(picture.all("4096")[0].y, picture.all("1024")[0].y);
  const auto ones = picture.all("1");
  const auto eights = picture.all("8");
  ASSERT_EQ(ones.size(), 2U);
  ASSERT_EQ(eights.size(), 2U);
  EXPECT_LT(ones[0].x, eights[0].x);
  ASSERT_EQ(picture.all("22").size(), 1U);
  EXPECT_DOUBLE_EQ(picture.all("22")[0].x, ones[0].x);
  EXPECT_NEAR(picture.all("22")[0].y, picture.all("4096")[0].y, 2.0);
}

TEST(Heatmap, LabelsEveryCellWithItsTime) {
  const SvgPicture picture = heatmap_of(small_picture_dataset());
  for (const char* label : {"21", "22", "23", "11", "42", "1.6k"}) EXPECT_EQ(picture.all(label).size(), 1U) << label;
}

TEST(Heatmap, ColoursFromTheFastestToTheSlowestOverAllPanels) {
  const SvgPicture picture = heatmap_of(small_picture_dataset());
  const auto fill_behind = [&](const SvgText& text) { return picture.box_at(text.x, text.y - 4.0).fill; };
  const auto at = [&](const char* label) {
    const auto found = picture.all(label);
    return found.empty() ? std::string("missing") : fill_behind(found.front());
  };
  EXPECT_EQ(at("1.6k"), "rgb(249,236,65)");
  EXPECT_NE(at("11"), at("42"));
  const auto slowest = picture.all("1.6k").front();
  const auto fast = picture.all("11").front();
  EXPECT_EQ(slowest.color, "rgb(0,0,0)") << "dark text on the bright end";
  EXPECT_EQ(fast.color, "rgb(255,255,255)") << "bright text on the dark end";
}

TEST(Heatmap, CellsHaveOneSize) {
  const SvgPicture picture = heatmap_of(small_picture_dataset());
  std::set<std::pair<long, long>> sizes;
  for (const char* label : {"21", "22", "23", "11", "42", "1.6k"}) {
    const SvgText text = picture.all(label).front();
    const SvgBox box = picture.box_at(text.x, text.y - 4.0);
    sizes.emplace(std::lround(box.width), std::lround(box.height));
  }
  EXPECT_EQ(sizes.size(), 1U);
}

TEST(Heatmap, HasColourBarTicksAlsoWithinOneDecade) {
  Dataset dataset = picture_dataset();
  dataset.add(picture_row("NCCL", 1024, 1, 11.4));
  dataset.add(picture_row("NCCL", 1024, 2, 68.2));
  const SvgPicture picture = heatmap_of(dataset);
  EXPECT_TRUE(picture.has("latency, µs"));
  for (const char* tick : {"15", "20", "30", "50"}) EXPECT_TRUE(picture.has(tick)) << tick;
}

TEST(Heatmap, HatchesCellsWithoutDataAndCrossesFailedOnes) {
  Dataset dataset = small_picture_dataset();
  dataset.add(picture_row("TWOSHOT", 1024, 1, 30.0));
  dataset.add(failed_picture_row("TWOSHOT", 4096, 8));
  const SvgPicture picture = heatmap_of(dataset);
  EXPECT_EQ(picture.hatched().size(), 2U + 1U) << "two cells and the one beside 'no data'";
  EXPECT_TRUE(picture.has("no data"));
  EXPECT_TRUE(picture.has("failed"));
}

TEST(Heatmap, SaysNothingOfMissingDataWhereNoneAreMissing) {
  const SvgPicture picture = heatmap_of(small_picture_dataset());
  EXPECT_TRUE(picture.hatched().empty());
  EXPECT_FALSE(picture.has("no data"));
  EXPECT_FALSE(picture.has("failed"));
}

TEST(Heatmap, CountsTheFastestUsableRowOfACell) {
  Dataset dataset = picture_dataset();
  dataset.add(picture_row("NCCL", 1024, 1, 331.0));
  dataset.add(picture_row("NCCL", 1024, 1, 311.0));
  dataset.add(failed_picture_row("NCCL", 1024, 1));
  dataset.add(picture_row("NCCL", 1024, 1, 371.0));
  const SvgPicture picture = heatmap_of(dataset);
  EXPECT_TRUE(picture.has("311"));
  EXPECT_FALSE(picture.has("331"));
  EXPECT_FALSE(picture.has("371"));
  EXPECT_FALSE(picture.has("failed"));
}

TEST(Heatmap, DrawsTheFirstOfSeveralDtypesAndSaysWhich) {
  Dataset dataset = picture_dataset();
  Measurement row = picture_row("NCCL", 1024, 1, 77.0);
  row.problem.dtype = DType::float32;
  dataset.add(row);
  dataset.add(picture_row("NCCL", 1024, 1, 33.0));
  const SvgPicture picture = heatmap_of(dataset);
  EXPECT_TRUE(picture.has("tp 4, bfloat16, sm90, back_to_back"));
  EXPECT_TRUE(picture.has("33"));
  EXPECT_FALSE(picture.has("77"));
}

TEST(Heatmap, DrawsOnlyTheFusionAsked) {
  Dataset dataset = small_picture_dataset();
  Measurement row = picture_row("MNNVL", 512, 3, 77.0);
  row.problem.fusion = "OTHER";
  dataset.add(row);
  const SvgPicture picture = heatmap_of(dataset);
  EXPECT_FALSE(picture.has("MNNVL"));
  EXPECT_FALSE(picture.has("512"));
}

TEST(Heatmap, DrawsADatasetWithNothingUsable) {
  Dataset dataset = picture_dataset();
  dataset.add(failed_picture_row("NCCL", 1024, 1));
  EXPECT_TRUE(heatmap_of(dataset).has("failed"));
}

TEST(Heatmap, ShowsNamesAsTheyAreWhateverIsInThem) {
  const PictureFolder folder;
  const std::string name = R"(A'`touch )" + (folder / "ran").string() + R"(`'{/:Bold x}_%d\n@y)";
  Dataset dataset = picture_dataset();
  dataset.add(picture_row(name, 1024, 1, 33.0));
  EXPECT_TRUE(heatmap_of(dataset).has(name));
  EXPECT_FALSE(std::filesystem::exists(folder / "ran"));
}

}  // namespace
}  // namespace arbiter::test
