#pragma once

#include <string_view>

namespace arbiter::plots {

/// Pixels from the upper left corner of the picture.
struct Point {
  double x = 0.0;
  double y = 0.0;
};

struct Rect {
  double x = 0.0;
  double y = 0.0;
  double width = 0.0;
  double height = 0.0;

  [[nodiscard]] double center_x() const { return x + width / 2.0; }
  [[nodiscard]] double center_y() const { return y + height / 2.0; }
  [[nodiscard]] double bottom() const { return y + height; }
};

/// An upper estimate of the width of UTF-8 text, in pixels, for names in capitals and for numbers.
[[nodiscard]] double text_width(std::string_view text, double size, bool bold = false);

}  // namespace arbiter::plots
