// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <regex>
#include <set>
#include <string>
#include <vector>

#include <gmock/gmock.h>

#include "arbiter/files.hpp"
#include "arbiter/plots.hpp"
#include "support/pictures_data.hpp"
#include "support/pictures_environment.hpp"
#include "support/pictures_svg.hpp"

namespace arbiter::test {
namespace {

SvgPicture lines_of(const Dataset& dataset, std::span<const ByteCurve> curves = {}) {
  const PictureFolder folder;
  plot_lines(dataset, "NONE", folder / "a.svg", curves);
  return SvgPicture(folder / "a.svg");
}

/// Four ranks; from 2 KiB to 64 KiB.
Dataset dataset() { return small_picture_dataset(); }

TEST(Lines, ShowLatencyBesideBusBandwidthWithOneLegend) {
  const SvgPicture picture = lines_of(dataset());
  ASSERT_TRUE(picture.has("latency"));
  ASSERT_TRUE(picture.has("bus bandwidth"));
  EXPECT_LT(picture.all("latency")[0].x, picture.all("bus bandwidth")[0].x);
  EXPECT_EQ(picture.all("NCCL").size(), 1U);
  EXPECT_EQ(picture.all("ONESHOT").size(), 1U);
  EXPECT_TRUE(picture.mentions("tp 4, bfloat16, sm90, back_to_back"));
  EXPECT_TRUE(picture.mentions("busbw = size / time x 2 (tp - 1) / tp"));
}

TEST(Lines, HaveMessageSizesFromLeftToRightInBothPanels) {
  const SvgPicture picture = lines_of(dataset());
  const auto small = picture.all("2 KiB");
  const auto large = picture.all("64 KiB");
  ASSERT_EQ(small.size(), 2U);
  ASSERT_EQ(large.size(), 2U);
  EXPECT_LT(small[0].x, large[0].x);
  EXPECT_LT(small[1].x, large[1].x);
}

TEST(Lines, HaveIntervalsThatAreThinnerThanTheLinesAndTheirMarks) {
  const auto widths_of = [](const Dataset& rows) {
    const PictureFolder folder;
    plot_lines(rows, "NONE", folder / "a.svg");
    const std::string svg = read_file(folder / "a.svg");
    static const std::regex width("stroke-width=['\"]([0-9.]+)");
    std::multiset<double> widths;
    for (std::sregex_iterator at(svg.begin(), svg.end(), width); at != std::sregex_iterator(); ++at) {
      widths.insert(std::stod((*at)[1]));
    }
    return widths;
  };
  const Dataset plain = dataset();
  Dataset with_intervals;
  for (Measurement row : plain.rows()) {
    row.ci_low_us = 0.5 * row.time_us;
    row.ci_high_us = 2.0 * row.time_us;
    with_intervals.add(row);
  }
  const auto without = widths_of(dataset());
  const auto with = widths_of(with_intervals);
  EXPECT_GT(with.size(), without.size());
  EXPECT_EQ(*with.rbegin(), *without.rbegin()) << "the widest is a line";
}

TEST(Lines, HaveALogarithmicTimeAndABandwidthFromZero) {
  const SvgPicture picture = lines_of(dataset());
  const auto y_of = [&](const char* label) { return picture.all(label).at(0).y; };
  EXPECT_NEAR(y_of("10") - y_of("100"), y_of("100") - y_of("1.0k"), 1.0) << "a decade is as long as the next";
  EXPECT_EQ(picture.all("0").size(), 1U) << "of the bandwidth only";
}

TEST(Lines, DrawTimesOverBytesOfTheSameTpDtypeAndFusionOnly) {
  ByteCurve curve;
  curve.name = "NCCL";
  curve.dtype = "bfloat16";
  curve.tp_size = 4;
  curve.file = "all_reduce.txt";
  curve.points = {{4096, 12.0}};
  ByteCurve other_tp = curve;
  other_tp.tp_size = 8;
  other_tp.file = "eight.txt";
  ByteCurve other_dtype = curve;
  other_dtype.dtype = "float32";
  other_dtype.file = "float.txt";
  const std::vector<ByteCurve> curves{curve, other_tp, other_dtype};
  const SvgPicture picture = lines_of(dataset(), curves);
  EXPECT_TRUE(picture.has("NCCL (all_reduce.txt)"));
  EXPECT_FALSE(picture.mentions("eight.txt"));
  EXPECT_FALSE(picture.mentions("float.txt"));
}

TEST(Lines, DrawOneSizeAndStrategiesWithoutTimes) {
  Dataset one = picture_dataset();
  one.add(picture_row("NCCL", 1024, 1, 20.0));
  one.add(failed_picture_row("ONESHOT", 1024, 1));
  const SvgPicture picture = lines_of(one);
  EXPECT_TRUE(picture.has("NCCL"));
  EXPECT_FALSE(picture.has("ONESHOT"));
  Dataset none = picture_dataset();
  none.add(failed_picture_row("ONESHOT", 1024, 1));
  EXPECT_TRUE(lines_of(none).has("latency"));
}

}  // namespace
}  // namespace arbiter::test
