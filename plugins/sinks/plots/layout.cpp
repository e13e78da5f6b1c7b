// SPDX-License-Identifier: Apache-2.0
#include "layout.hpp"

#include <algorithm>
#include <cmath>
#include <string>

namespace arbiter::plots {

namespace {

// Pages show pictures 1000 pixels wide, where labels of cells of this width can be read. A picture of one panel is
// wider where its cells would be narrower.
constexpr double page_width = 1000.0;
constexpr double legible_cell = 24.0;
constexpr double widest_cell = 96.0;
constexpr double widest_panel = 2400.0;
constexpr double tallest_grids = 1800.0;
constexpr double panel_gap = 24.0;
constexpr double bar_gap = 28.0;
constexpr double bar_width = 18.0;
constexpr double tick_pitch = 20.0;

double count(std::size_t items) { return static_cast<double>(std::max<std::size_t>(items, 1)); }

double widest(const std::vector<std::int64_t>& values) {
  double width = 0.0;
  for (const auto value : values) width = std::max(width, text_width(std::to_string(value), tick_size));
  return width;
}

/// From the left edge to the first panel, from the last one to the right edge.
double left_of_panels(const Figure& figure) { return margin + axis_size + 10.0 + widest(figure.rows) + 8.0; }
double right_of_panels(const Figure& figure) {
  double width = text_width(figure.scale.title, axis_size);
  for (const Tick& tick : figure.scale.ticks) {
    width = std::max(width, bar_width + 8.0 + text_width(tick.label, axis_size));
  }
  return bar_gap + width + margin;
}

double widest_title(const Figure& figure) {
  double width = 0.0;
  for (const Panel& panel : figure.panels) {
    width = std::max(width, text_width(panel.title, panel_title_size, true));
  }
  return width;
}

double panel_pitch(const Figure& figure, double cell_width) {
  return std::max(cell_width * count(figure.columns.size()), widest_title(figure)) + panel_gap;
}

void choose_panels(const Figure& figure, Layout& layout) {
  const double sides = left_of_panels(figure) + right_of_panels(figure);
  const double room = std::max(page_width - sides + panel_gap, 0.0);
  const std::size_t panels = std::max<std::size_t>(figure.panels.size(), 1);
  const auto fitting = static_cast<std::size_t>(room / panel_pitch(figure, legible_cell));
  const std::size_t most = std::clamp<std::size_t>(fitting, 1, panels);
  const std::size_t lines = (panels + most - 1) / most;
  layout.panels_per_line = (panels + lines - 1) / lines;
  const double columns = count(figure.columns.size());
  double width = (room / count(layout.panels_per_line) - panel_gap) / columns;
  if (width < legible_cell) width = std::max(width, std::min(legible_cell, widest_panel / columns));
  layout.cell_width = std::max(std::floor(std::min(width, widest_cell)), 2.0);
}

void choose_cells(const Figure& figure, Layout& layout) {
  choose_panels(figure, layout);
  const std::size_t panels = std::max<std::size_t>(figure.panels.size(), 1);
  const std::size_t lines = (panels + layout.panels_per_line - 1) / layout.panels_per_line;
  const double rows = count(figure.rows.size());
  double height = std::max(std::clamp(layout.cell_width * 0.85, 30.0, 56.0), 112.0 / rows);
  height = std::min(height, tallest_grids / (rows * count(lines)));
  layout.cell_height = std::max(std::floor(height), 2.0);

  const double by_width = (layout.cell_width - 3.0) / std::max(figure.widest_label(), 0.5);
  layout.label_size = std::floor(std::min({by_width, layout.cell_height * 0.6, 14.0}) * 2.0) / 2.0;
  if (layout.label_size < 7.0) layout.label_size = 0.0;
}

void choose_ticks(const Figure& figure, Layout& layout) {
  const double column_width = widest(figure.columns);
  layout.upright_ticks = column_width + 8.0 > layout.cell_width;
  layout.column_ticks_height = layout.upright_ticks ? column_width + 8.0 : 20.0;
  layout.column_step = static_cast<std::size_t>(std::ceil((tick_size + 2.0) / layout.cell_width));
  layout.row_step = static_cast<std::size_t>(std::ceil((tick_size + 2.0) / layout.cell_height));
  layout.row_ticks_width = widest(figure.rows) + 8.0;
}

void place_panels(const Figure& figure, Layout& layout) {
  const double left = left_of_panels(figure);
  const double header = margin + title_size + 6.0 + count(figure.captions.size()) * (caption_size + 5.0) + 14.0;
  const double pitch = panel_pitch(figure, layout.cell_width);
  const Rect size{.width = layout.cell_width * count(figure.columns.size()),
                  .height = layout.cell_height * count(figure.rows.size())};
  const double title = panel_title_size + 8.0;
  const double line = title + size.height + layout.column_ticks_height + axis_size + 16.0;
  for (std::size_t i = 0; i < figure.panels.size(); ++i) {
    const std::size_t across = i % layout.panels_per_line;
    const std::size_t down = i / layout.panels_per_line;
    layout.panels.push_back({left + static_cast<double>(across) * pitch,
                             header + title + static_cast<double>(down) * line, size.width, size.height});
  }
  const double right = left + count(layout.panels_per_line) * pitch - panel_gap;
  const double bottom = layout.panels.empty() ? header : layout.panels.back().bottom();
  layout.bar = {right + bar_gap, header + title, bar_width, bottom - header - title};
  layout.bar.height = std::max(std::min(layout.bar.height, 480.0), count(figure.scale.ticks.size()) * tick_pitch);
  layout.legend = {left, std::max(bottom + layout.column_ticks_height + axis_size + 10.0, layout.bar.bottom() + 8.0)};
}

void choose_canvas(const Figure& figure, Layout& layout) {
  double right = layout.bar.x - bar_gap + right_of_panels(figure) - margin;
  right = std::max(right, margin + text_width(figure.title, title_size, true));
  for (const auto& caption : figure.captions) right = std::max(right, margin + text_width(caption, caption_size));
  const bool marks = figure.any(CellState::empty) || figure.any(CellState::failed);
  layout.width = std::ceil(right + margin);
  layout.height = std::ceil(layout.legend.y + (marks ? 24.0 : 0.0) + 8.0);
}

}  // namespace

Rect Layout::cell(std::size_t panel, std::size_t row, std::size_t column) const {
  return {panels[panel].x + static_cast<double>(column) * cell_width,
          panels[panel].y + static_cast<double>(row) * cell_height, cell_width, cell_height};
}

Layout layout_of(const Figure& figure) {
  Layout layout;
  choose_cells(figure, layout);
  choose_ticks(figure, layout);
  place_panels(figure, layout);
  choose_canvas(figure, layout);
  return layout;
}

}  // namespace arbiter::plots
