// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "scale.hpp"

namespace arbiter::plots {

enum class CellState : std::uint8_t { empty, failed, filled };

struct Cell {
  CellState state = CellState::empty;
  double value = 0.0;  ///< on the figure's colour scale
  std::string label;
};

struct Panel {
  std::string title;
  std::vector<Cell> cells;  ///< row by row, the upper row first
};

/// The contents of a picture: panels over the same grid of shapes, and one colour scale for all of them.
struct Figure {
  std::string title;
  std::vector<std::string> captions;  ///< lines below the title
  std::vector<std::int64_t> rows;     ///< hidden sizes, top to bottom
  std::vector<std::int64_t> columns;  ///< numbers of tokens, left to right
  std::vector<Panel> panels;
  ColorScale scale;

  /// Whether any cell has that state.
  [[nodiscard]] bool any(CellState state) const;
  /// The width of the widest cell label at a text size of 1.
  [[nodiscard]] double widest_label() const;
};

/// A name as a picture has room for it.
[[nodiscard]] std::string shown_name(std::string_view name);
/// Microseconds in at most four characters: 0.5, 3.0, 12, 340, 1.2k, 12k, 3.0M.
[[nodiscard]] std::string time_label(double microseconds);
/// Per cent in at most four characters: 0, 0.4, 3.0, 12, 340, 5k.
[[nodiscard]] std::string percent_label(double percent);
/// A ratio as a change in per cent: -12, 0, +3.0, +340, +5k.
[[nodiscard]] std::string change_label(double ratio);
/// A part of `total` for a title: "62 %", "<1 %".
[[nodiscard]] std::string share_label(int part, int total);

}  // namespace arbiter::plots
