// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <vector>

#include "figure.hpp"
#include "geometry.hpp"

namespace arbiter::plots {

/// Sizes of text in pixels.
inline constexpr double title_size = 17.0;
inline constexpr double caption_size = 13.0;
inline constexpr double panel_title_size = 13.0;
inline constexpr double axis_size = 12.0;
inline constexpr double tick_size = 11.0;

inline constexpr double margin = 16.0;

/// Sizes and places of everything, in pixels. Cells have the same size in all panels; panels wrap to further lines
/// rather than widen the picture beyond what a screen shows.
struct Layout {
  double width = 0.0;
  double height = 0.0;
  double cell_width = 0.0;
  double cell_height = 0.0;
  double label_size = 0.0;  ///< 0: cells are too small for labels
  bool upright_ticks = false;
  std::size_t column_step = 1;  ///< every n-th column has a tick label
  std::size_t row_step = 1;
  double row_ticks_width = 0.0;
  double column_ticks_height = 0.0;
  std::size_t panels_per_line = 1;
  std::vector<Rect> panels;  ///< the cells only
  Rect bar;
  Point legend;

  [[nodiscard]] Rect cell(std::size_t panel, std::size_t row, std::size_t column) const;
};

[[nodiscard]] Layout layout_of(const Figure& figure);

}  // namespace arbiter::plots
