// SPDX-License-Identifier: Apache-2.0
#include "layout.hpp"

#include <ostream>

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

TEST(Layout, PutsFiveStrategiesOfTheSeedGridSideBySideWithLabels) {
  const Layout layout = layout_of(figure_of(5, 15, 7));
  EXPECT_EQ(layout.panels_per_line, 5U);
  EXPECT_GE(layout.label_size, 9.0);
}

TEST(Layout, ContinuesOnFurtherLinesOfEqualLength) {
  const Layout layout = layout_of(figure_of(6, 15, 7));
  EXPECT_EQ(layout.panels_per_line, 3U);
  EXPECT_EQ(layout.panels[3].x, layout.panels[0].x);
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

}  // namespace
}  // namespace arbiter::plots
