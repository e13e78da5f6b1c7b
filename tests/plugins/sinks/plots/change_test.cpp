// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>

#include "arbiter/names.hpp"
#include "arbiter/plots.hpp"
#include "support/pictures_data.hpp"
#include "support/pictures_environment.hpp"
#include "support/pictures_svg.hpp"

namespace arbiter::test {
namespace {

SvgPicture change_between(const Dataset& before, const Dataset& after) {
  const PictureFolder folder;
  plot_change(before, after, "NONE", folder / "a.svg");
  return SvgPicture(folder / "a.svg");
}

std::string fill_behind(const SvgPicture& picture, const std::string& label) {
  const SvgText text = picture.all(label).at(0);
  return picture.box_at(text.x, text.y - 4.0).fill;
}

Dataset dataset_of(const std::vector<Measurement>& rows) {
  Dataset dataset = picture_dataset();
  for (const auto& row : rows) dataset.add(row);
  return dataset;
}

TEST(ChangePicture, LabelsEveryCellWithItsChangeInPerCent) {
  const SvgPicture picture =
      change_between(dataset_of({picture_row("NCCL", 1024, 1, 10.0), picture_row("NCCL", 1024, 2, 10.0),
                                 picture_row("NCCL", 1024, 4, 10.0)}),
                     dataset_of({picture_row("NCCL", 1024, 1, 13.4), picture_row("NCCL", 1024, 2, 7.5),
                                 picture_row("NCCL", 1024, 4, 10.01)}));
  EXPECT_EQ(picture.all("+34").size(), 1U);
  EXPECT_EQ(picture.all("-25").size(), 1U);
  EXPECT_EQ(picture.all("+0.1").size(), 1U);
}

TEST(ChangePicture, SlowerIsRedFasterIsBlueAndNoChangeIsWhite) {
  const SvgPicture picture =
      change_between(dataset_of({picture_row("NCCL", 1024, 1, 10.0), picture_row("NCCL", 1024, 2, 10.0),
                                 picture_row("NCCL", 1024, 4, 10.0)}),
                     dataset_of({picture_row("NCCL", 1024, 1, 30.0), picture_row("NCCL", 1024, 2, 2.0),
                                 picture_row("NCCL", 1024, 4, 10.0)}));
  EXPECT_EQ(fill_behind(picture, "+200"), "rgb(113,0,12)");
  EXPECT_EQ(fill_behind(picture, "-80"), "rgb(1,54,99)");
  EXPECT_EQ(fill_behind(picture, "0"), "rgb(255,255,255)");
}

TEST(ChangePicture, CellsOfOneSideAreHatchedAndThoseThatFailNowAreCrossedOut) {
  const SvgPicture picture =
      change_between(dataset_of({picture_row("NCCL", 1024, 1, 10.0), picture_row("NCCL", 1024, 2, 10.0)}),
                     dataset_of({picture_row("NCCL", 1024, 1, 10.0), failed_picture_row("NCCL", 1024, 2),
                                 picture_row("NEW", 1024, 1, 10.0)}));
  EXPECT_EQ(picture.all("failed").size(), 1U);
  EXPECT_EQ(picture.hatched().size(), 2U + 1U) << "both cells of NEW, and the legend";
}

TEST(ChangePictures, AreDrawnForEverySettingTpSizeAndFusionOfBothSides) {
  const PictureFolder folder;
  Dataset before = picture_dataset();
  Dataset after = picture_dataset();
  auto row = picture_row("NCCL", 1024, 1, 10.0);
  row.setting = {.backend = "cuda", .graph = true, .context = Context::engine};
  before.add(row);
  after.add(row);
  row.setting.context = Context::back_to_back;
  before.add(row);
  after.add(row);
  row.problem.tp_size = 2;
  row.problem.fusion = "../A";  // a name from a CSV leads nowhere else
  before.add(row);
  after.add(row);
  row.problem.fusion = "ONLY_AFTER";
  after.add(row);
  EXPECT_EQ(plot_changes(before, after, folder / "viz"), 3);
  for (const std::string& file : {std::string("NONE/change.tp4.sm90.cuda.graph.engine.bfloat16.png"),
                                  std::string("NONE/change.tp4.sm90.cuda.graph.back_to_back.bfloat16.png"),
                                  file_name("../A") + "/change.tp2.sm90.cuda.graph.back_to_back.bfloat16.png"}) {
    EXPECT_TRUE(std::filesystem::exists(folder / "viz" / file)) << file;
  }
}

}  // namespace
}  // namespace arbiter::test
