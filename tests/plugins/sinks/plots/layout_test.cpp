// SPDX-License-Identifier: Apache-2.0
#include "layout.hpp"

#include <ostream>
#include <sstream>
#include <string>

#include <gmock/gmock.h>

namespace arbiter::plots {
namespace {

Figure figure_of(std::size_t panels, std::size_t columns, std::size_t rows, const std::string& name = "ONESHOT") {
  Figure figure;
  figure.title = "RESIDUAL_RMS_NORM: latency per strategy";
  figure.captions = {"tp 4, bfloat16, sm90"};
  for (std::size_t i = 0; i < columns; ++i) figure.columns.push_back(1L << std::min<std::size_t>(i, 14));
  for (std::size_t i = 0; i < rows; ++i) figure.rows.push_back(128L << std::min<std::size_t>(i, 7));
  for (std::size_t i = 0; i < panels; ++i) {
    figure.panels.push_back({name, std::vector<Cell>(columns * rows, {CellState::filled, 1.0, "1.2k"})});
  }
  figure.scale = overhead_scale("above fastest, %");
  return figure;
}

struct Shape {
  std::size_t panels;
  std::size_t columns;
  std::size_t rows;
};

void PrintTo(const Shape& shape, std::ostream* out) {
  *out << shape.panels << " panels of " << shape.columns << "x" << shape.rows;
}

class LayoutOf : public testing::TestWithParam<Shape> {
 protected:
  Figure figure_ = figure_of(GetParam().panels, GetParam().columns, GetParam().rows, "TRTLLM_ONESHOT_PDL");
  Layout layout_ = layout_of(figure_);
};

TEST_P(LayoutOf, KeepsPanelsApartWithTheirTitles) {
  const double title = text_width(figure_.panels[0].title, panel_title_size, true);
  for (std::size_t i = 1; i < layout_.panels.size(); ++i) {
    const Rect& before = layout_.panels[i - 1];
    const Rect& panel = layout_.panels[i];
    if (i % layout_.panels_per_line == 0) {
      EXPECT_GT(panel.y, before.bottom() + layout_.column_ticks_height + axis_size + panel_title_size);
    } else {
      EXPECT_GE(panel.x, before.x + std::max(before.width, title) + 10.0);
      EXPECT_EQ(panel.y, before.y);
    }
  }
}

TEST_P(LayoutOf, CutsNothingOff) {
  const double title = text_width(figure_.panels[0].title, panel_title_size, true);
  for (const Rect& panel : layout_.panels) {
    EXPECT_GE(panel.x - layout_.row_ticks_width - axis_size, 0.0);
    EXPECT_LE(panel.x + std::max(panel.width, title), layout_.bar.x);
    EXPECT_LE(panel.bottom() + layout_.column_ticks_height + axis_size, layout_.height);
  }
  EXPECT_LE(layout_.bar.x + layout_.bar.width + 8.0 + text_width("≥1000", axis_size), layout_.width);
  EXPECT_LE(layout_.bar.bottom(), layout_.height);
  EXPECT_LE(margin + text_width(figure_.title, title_size, true), layout_.width);
}

TEST_P(LayoutOf, TicksDoNotOverlap) {
  const double pitch = layout_.cell_width * static_cast<double>(layout_.column_step);
  EXPECT_GE(pitch, tick_size + 1.0);
  if (!layout_.upright_ticks) {
    EXPECT_GT(pitch, text_width(std::to_string(figure_.columns.back()), tick_size));
  }
  EXPECT_GE(layout_.cell_height * static_cast<double>(layout_.row_step), tick_size + 1.0);
  EXPECT_GE(layout_.bar.height / static_cast<double>(figure_.scale.ticks.size()), axis_size);
}

TEST_P(LayoutOf, LabelsFitTheirCellsOrAreLeftOut) {
  if (layout_.label_size == 0.0) return;
  EXPECT_GE(layout_.label_size, 7.0);
  EXPECT_LE(text_width("1.2k", layout_.label_size), layout_.cell_width);
  EXPECT_LE(layout_.label_size, layout_.cell_height);
}

TEST_P(LayoutOf, IsNoWiderThanAScreenShows) {
  EXPECT_LE(layout_.width, 3000.0);
  EXPECT_LE(layout_.height, 3000.0);
}

INSTANTIATE_TEST_SUITE_P(Shapes, LayoutOf,
                         testing::Values(Shape{1, 1, 1}, Shape{5, 1, 1}, Shape{3, 4, 3}, Shape{5, 15, 7},
                                         Shape{10, 15, 7}, Shape{4, 40, 20}, Shape{3, 15, 1}, Shape{4, 1, 7},
                                         Shape{2, 100, 70}, Shape{1, 400, 4}));

TEST(Layout, OfFiveStrategiesOfTheSeedGridHasLegibleLabelsOnAPageOf1000Pixels) {
  const Layout layout = layout_of(figure_of(5, 15, 7));
  EXPECT_LE(layout.width, 1000.0);
  EXPECT_EQ(layout.panels_per_line, 2U);
  EXPECT_GE(layout.label_size, 9.0);
}

TEST(Layout, ContinuesOnFurtherLinesOfEqualLength) {
  const Layout layout = layout_of(figure_of(4, 8, 7));  // three would fit
  EXPECT_EQ(layout.panels_per_line, 2U);
  EXPECT_EQ(layout.panels[2].x, layout.panels[0].x);
}

TEST(Layout, LeavesLabelsOutWhereCellsAreTooSmall) {
  EXPECT_EQ(layout_of(figure_of(1, 400, 4)).label_size, 0.0);
  EXPECT_EQ(layout_of(figure_of(1, 4, 400)).label_size, 0.0);
}

TEST(Layout, MakesRoomForTheLegendOfMarks) {
  Figure figure = figure_of(2, 4, 3);
  const double without = layout_of(figure).height;
  figure.panels[1].cells[0].state = CellState::empty;
  EXPECT_GT(layout_of(figure).height, without + 10.0);
}

TEST(Layout, HasTheseSizes) {
  const auto text = [](const Shape& shape) {
    const Layout layout = layout_of(figure_of(shape.panels, shape.columns, shape.rows));
    std::ostringstream line;
    line << layout.width << "x" << layout.height << ": " << layout.panels_per_line << " in a line, cells "
         << layout.cell_width << "x" << layout.cell_height << ", labels " << layout.label_size << ", ticks "
         << (layout.upright_ticks ? "upright " : "") << layout.column_ticks_height << " and " << layout.row_ticks_width
         << ", each " << layout.column_step << " and " << layout.row_step << "; last at " << layout.panels.back().x
         << "," << layout.panels.back().y << ", bar " << layout.bar.x << "," << layout.bar.y << " " << layout.bar.height
         << ", legend " << layout.legend.x << "," << layout.legend.y;
    return line.str();
  };
  EXPECT_EQ(text({1, 1, 1}),
            "503x288: 1 in a line, cells 96x112, "
            "labels 14, ticks 20 and 28.79, each 1 and 1; last at 66.79,92, bar 190.79,92 180, legend 66.79,280");
  EXPECT_EQ(text({5, 15, 7}),
            "972x978: 2 in a line, cells 24x30, labels 9, ticks upright 42.65 and 35.72, each 1 and 1; last at "
            "73.72,695.3, bar 845.72,92 480, legend 73.72,969.95");
  EXPECT_EQ(text({10, 15, 7}),
            "972x1582: 2 in a line, cells 24x30, labels 9, ticks upright 42.65 and 35.72, each 1 and 1; last at "
            "457.72,1298.6, bar 845.72,92 480, legend 73.72,1573.25");
  EXPECT_EQ(text({2, 100, 70}),
            "2635x1937: 1 in a line, cells 24x12, "
            "labels 7, ticks upright 42.65 and 42.65, each 1 and 2; last at 80.65,1023.65, bar 2508.65,92 480, legend "
            "80.65,1928.3");
  EXPECT_EQ(
      text({1, 400, 4}),
      "2628x288: 1 in a line, cells 6x30, "
      "labels 0, ticks upright 42.65 and 35.72, each 3 and 1; last at 73.72,92, bar 2501.72,92 180, legend 73.72,280");
  EXPECT_EQ(text({4, 1, 7}),
            "684x534: 4 in a line, cells 96x56, "
            "labels 14, ticks 20 and 35.72, each 1 and 1; last at 433.72,92, bar 557.72,92 392, legend 73.72,526");
}

}  // namespace
}  // namespace arbiter::plots
