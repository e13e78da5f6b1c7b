#include "color.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include <fmt/format.h>

namespace arbiter::plots {

namespace {

double channel(Color color, unsigned shift) { return static_cast<double>((color >> shift) & 0xFFU); }

double luminance(Color color) {
  const auto linear = [color](unsigned shift) {
    const double value = channel(color, shift) / 255.0;
    return value <= 0.04045 ? value / 12.92 : std::pow((value + 0.055) / 1.055, 2.4);
  };
  return 0.2126 * linear(16) + 0.7152 * linear(8) + 0.0722 * linear(0);
}

}  // namespace

std::string hex(Color color) { return fmt::format("#{:06x}", color); }

Color ink_on(Color background) {
  const double light = luminance(background);
  return (light + 0.05) / 0.05 > 1.05 / (light + 0.05) ? black : white;
}

// Both run through CIELAB with lightness in equal steps (18..92 and 100..22), as much chroma as sRGB holds.
const Gradient& time_gradient() {
  static const Gradient gradient = {0x381D5F, 0x003F81, 0x055B85, 0x007691, 0x03929A,
                                    0x02AF99, 0x08CF75, 0x9AE252, 0xF9EC41};
  return gradient;
}

const Gradient& loss_gradient() {
  static const Gradient gradient = {0xFFFFFF, 0xFFD7C7, 0xFFAC8F, 0xFE7C57, 0xE75335, 0xC72D1F, 0x9F0A12, 0x71000C};
  return gradient;
}

Color interpolate(const Gradient& gradient, double position) {
  const double place = std::clamp(position, 0.0, 1.0) * static_cast<double>(gradient.size() - 1);
  const auto below = std::min(static_cast<std::size_t>(place), gradient.size() - 1);
  const auto above = std::min(below + 1, gradient.size() - 1);
  const double share = place - static_cast<double>(below);
  Color color = 0;
  for (const unsigned shift : std::array{16U, 8U, 0U}) {
    const double value = std::lerp(channel(gradient[below], shift), channel(gradient[above], shift), share);
    color |= static_cast<Color>(std::lround(value)) << shift;
  }
  return color;
}

}  // namespace arbiter::plots
