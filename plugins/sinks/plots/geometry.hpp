// SPDX-License-Identifier: Apache-2.0
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

/// An upper estimate of the width of UTF-8 text in pixels, for names in capitals and for numbers.
[[nodiscard]] inline double text_width(std::string_view text, double size, bool bold = false) {
  double ems = 0.0;
  for (const char c : text) {
    const bool continues = (static_cast<unsigned char>(c) & 0xC0U) == 0x80U;  // a UTF-8 byte of a counted character
    if (continues) continue;
    if (c >= 'A' && c <= 'Z') {
      ems += 0.70;
    } else if (c == ' ' || c == ',' || c == '.') {
      ems += 0.33;
    } else {
      ems += 0.63;
    }
  }
  return ems * size * (bold ? 1.12 : 1.0);
}

}  // namespace arbiter::plots
