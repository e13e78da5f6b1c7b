#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
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

/// A picture: panels of equal grids side by side, and one colour scale for all.
struct Figure {
  std::string title;
  std::vector<std::string> captions;  ///< lines below the title
  std::vector<std::int64_t> rows;     ///< hidden sizes, from above
  std::vector<std::int64_t> columns;  ///< numbers of tokens, from the left
  std::vector<Panel> panels;
  ColorScale scale;

  [[nodiscard]] bool any(CellState state) const;
  /// Characters of the longest cell label.
  [[nodiscard]] std::size_t longest_label() const;
};

/// Writes the figure to `file`; see plots.hpp for formats and errors.
void draw(const Figure& figure, const std::filesystem::path& file);

}  // namespace arbiter::plots
