#include "lp/monotone_regions.hpp"

#include <random>

#include <gmock/gmock.h>

#include "support/decisions_data.hpp"

namespace arbiter::test {

namespace {

using ::testing::ElementsAre;

constexpr std::uint16_t hole = LabelBlock::no_label;

MonotoneRegions regions_of(const Dataset& data, const std::vector<std::string>& order) {
  return monotone_regions(cell_blocks(data, "lp").front(), order);
}

}  // namespace

TEST(MonotoneRegions, AreThePlainTableWhereThatIsMonotone) {
  Dataset data;
  for (const std::int64_t hidden : {128, 256}) {
    for (const std::int64_t tokens : {1, 2, 4}) {
      const bool large = hidden * tokens > 300;
      data.add(decision_row(cell_of(hidden, tokens), "A", large ? 20.0 : 10.0));
      data.add(decision_row(cell_of(hidden, tokens), "B", large ? 10.0 : 20.0));
    }
  }
  const MonotoneRegions regions = regions_of(data, {"A", "B"});
  EXPECT_THAT(regions.labels.labels, ElementsAre(0, 0, 1, 0, 1, 1));
  EXPECT_NEAR(regions.solution.objective, 6.0, 1e-12);
  EXPECT_EQ(regions.exceptions, 0U);
}

TEST(MonotoneRegions, CompareCellsAcrossAHole) {
  Dataset data;
  data.add(decision_row(cell_of(128, 1), "A", 20.0));
  data.add(decision_row(cell_of(128, 1), "B", 10.0));
  data.add(decision_row(cell_of(256, 2), "A", 10.0));
  data.add(decision_row(cell_of(256, 2), "B", 11.0));
  EXPECT_THAT(regions_of(data, {"A", "B"}).labels.labels, ElementsAre(1, hole, hole, 1));
}

TEST(MonotoneRegions, NeverChooseWhatWasNotMeasuredWhileAnotherMonotoneChoiceExists) {
  Dataset data;
  data.add(decision_row(cell_of(128, 1), "A", 1.0));
  data.add(decision_row(cell_of(128, 1), "B", 50.0));
  data.add(decision_row(cell_of(128, 2), "A", 1.0));
  data.add(decision_row(cell_of(128, 2), "C", 90.0));
  data.add(decision_row(cell_of(128, 4), "A", 1.0));
  data.add(failed_row(cell_of(128, 8), "A"));
  data.add(decision_row(cell_of(128, 8), "B", 1.0));
  const MonotoneRegions regions = regions_of(data, {"A", "B", "C"});
  EXPECT_THAT(regions.labels.labels, ElementsAre(0, 0, 0, 1));
  EXPECT_EQ(regions.exceptions, 0U);
}

TEST(MonotoneRegions, WithoutAnyMonotoneChoiceCellsKeepTheirOwnBestAndAreCounted) {
  Dataset data;
  data.add(decision_row(cell_of(128, 1), "B", 1.0));
  data.add(decision_row(cell_of(128, 2), "A", 1.0));
  const MonotoneRegions regions = regions_of(data, {"A", "B"});
  EXPECT_THAT(regions.labels.labels, ElementsAre(1, 0));
  EXPECT_EQ(regions.exceptions, 1U);
}

TEST(MonotoneRegions, LeaveOutStrategiesThatTheOrderDoesNotName) {
  Dataset data;
  data.add(decision_row(cell_of(128, 1), "A", 10.0));
  data.add(decision_row(cell_of(128, 1), "OTHER", 1.0));
  data.add(decision_row(cell_of(128, 2), "OTHER", 1.0));
  const MonotoneRegions regions = regions_of(data, {"A", "B"});
  EXPECT_THAT(regions.labels.labels, ElementsAre(0, hole));
  EXPECT_EQ(regions.cells, 1U);
  EXPECT_NEAR(regions.solution.objective, 10.0, 1e-12);
}

TEST(MonotoneRegions, NeverFallAlongEitherAxisOnRandomTimesWithHoles) {
  std::mt19937 random(8);
  for (int round = 0; round < 20; ++round) {
    Dataset data;
    for (const std::int64_t hidden : powers_of_two(128, 1024)) {
      for (const std::int64_t tokens : powers_of_two(1, 32)) {
        if (random() % 5 == 0) continue;
        for (const char* name : {"A", "B", "C"}) {
          data.add(decision_row(cell_of(hidden, tokens), name, 1.0 + static_cast<double>(random() % 100)));
        }
      }
    }
    const LabelBlock labels = regions_of(data, {"A", "B", "C"}).labels;
    const std::size_t width = labels.tokens.size();
    for (std::size_t a = 0; a < labels.labels.size(); ++a) {
      for (std::size_t b = a; b < labels.labels.size(); ++b) {
        if (labels.labels[a] == hole || labels.labels[b] == hole || a % width > b % width) continue;
        EXPECT_LE(labels.labels[a], labels.labels[b]);
      }
    }
  }
}

}  // namespace arbiter::test
