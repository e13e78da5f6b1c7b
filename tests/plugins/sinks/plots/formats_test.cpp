// SPDX-License-Identifier: Apache-2.0
#include <cstdint>
#include <filesystem>
#include <ostream>
#include <string>

#include <gmock/gmock.h>

#include "arbiter/files.hpp"
#include "arbiter/plots.hpp"
#include "support/pictures_data.hpp"
#include "support/pictures_environment.hpp"

namespace arbiter::test {
namespace {

struct Plot {
  std::string name;
  void (*draw)(const Dataset&, const std::string&, const std::filesystem::path&);
};

void PrintTo(const Plot& plot, std::ostream* out) { *out << plot.name; }

class EveryPicture : public testing::TestWithParam<Plot> {
 protected:
  PictureFolder folder_;
};

std::uint32_t big_endian(const std::string& bytes, std::size_t at) {
  std::uint32_t value = 0;
  for (std::size_t i = at; i < at + 4; ++i) value = value << 8U | static_cast<unsigned char>(bytes.at(i));
  return value;
}

TEST_P(EveryPicture, PngIsWholeAndAsLargeAsItsSvg) {
  GetParam().draw(small_picture_dataset(), "NONE", folder_ / "a.png");
  GetParam().draw(small_picture_dataset(), "NONE", folder_ / "a.svg");
  const std::string png = read_file(folder_ / "a.png");
  EXPECT_EQ(png.substr(0, 8), "\x89PNG\r\n\x1a\n");
  EXPECT_EQ(png.substr(png.size() - 8, 4), "IEND");
  const std::string size =
      "width=\"" + std::to_string(big_endian(png, 16)) + "\" height=\"" + std::to_string(big_endian(png, 20)) + "\"";
  EXPECT_THAT(read_file(folder_ / "a.svg"), testing::HasSubstr(size));
}

TEST_P(EveryPicture, PdfIsWhole) {
  GetParam().draw(small_picture_dataset(), "NONE", folder_ / "a.pdf");
  const std::string pdf = read_file(folder_ / "a.pdf");
  EXPECT_THAT(pdf, testing::StartsWith("%PDF-"));
  EXPECT_THAT(pdf.substr(pdf.size() - 8), testing::HasSubstr("%%EOF"));
}

TEST_P(EveryPicture, MakesParentFoldersAndLeavesNothingElse) {
  GetParam().draw(small_picture_dataset(), "NONE", folder_ / "viz/NONE/a.png");
  const std::filesystem::directory_iterator files(folder_ / "viz/NONE");
  EXPECT_EQ(std::distance(begin(files), end(files)), 1);
}

TEST_P(EveryPicture, ReplacesAnOlderPicture) {
  write_file(folder_ / "a.png", "old");
  GetParam().draw(small_picture_dataset(), "NONE", folder_ / "a.png");
  EXPECT_THAT(read_file(folder_ / "a.png"), testing::StartsWith("\x89PNG"));
}

TEST_P(EveryPicture, DrawsASingleCell) {
  Dataset dataset = picture_dataset();
  dataset.add(picture_row("NCCL", 1024, 1, 20.0));
  GetParam().draw(dataset, "NONE", folder_ / "a.png");
  const std::string png = read_file(folder_ / "a.png");
  EXPECT_GT(big_endian(png, 16), 200U);
  EXPECT_GT(big_endian(png, 20), 150U);
}

INSTANTIATE_TEST_SUITE_P(Plots, EveryPicture,
                         testing::Values(Plot{"heatmap", plot_heatmap},
                                         Plot{"best_strategy",
                                              [](const auto& dataset, const auto& fusion, const auto& file) {
                                                plot_best_strategy(dataset, fusion, file);
                                              }},
                                         Plot{"strategy_difference", plot_strategy_difference}),
                         [](const auto& plot) { return plot.param.name; });

}  // namespace
}  // namespace arbiter::test
