#pragma once

#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>

#include "arbiter/dtype.hpp"

namespace arbiter {

/// The values a format can hold, for references in double precision.
struct ValueGrid {
  int mantissa_bits = 23;
  double smallest_normal = 0x1p-126;  ///< below it values are `subnormal_spacing` apart
  double subnormal_spacing = 0x1p-149;
  double largest = 0x1.fffffep127;
  bool saturates = false;  ///< conversions stop at `largest`, of infinity too
};

[[nodiscard]] constexpr ValueGrid grid_of(DType dtype) {
  switch (dtype) {
    case DType::bfloat16: return {7, 0x1p-126, 0x1p-133, 0x1.fep127, false};
    case DType::float16: return {10, 0x1p-14, 0x1p-24, 65504.0, false};
    case DType::float32: return {};
    case DType::float8_e4m3: return {3, 0x1p-6, 0x1p-9, 448.0, true};
    case DType::float4_e2m1x2: return {1, 1.0, 0.5, 6.0, true};
  }
  return {};
}

/// The distance between neighbouring values at `magnitude` >= 0; beyond the largest value, as at that value.
[[nodiscard]] inline double spacing_at(const ValueGrid& grid, double magnitude) {
  if (magnitude < grid.smallest_normal) return grid.subnormal_spacing;
  const double finite = magnitude < grid.largest ? magnitude : grid.largest;
  const std::uint64_t exponent = std::bit_cast<std::uint64_t>(finite) & 0x7ff0000000000000U;
  const auto shift = static_cast<std::uint64_t>(grid.mantissa_bits) << 52;
  return std::bit_cast<double>(exponent - shift);
}

/// The nearest value of the grid, ties to even; beyond it infinity, or the largest value if the format saturates.
/// NaN stays NaN.
[[nodiscard]] inline double round_to(const ValueGrid& grid, double value) {
  const double magnitude = std::fabs(value);
  double nearest = magnitude;
  if (magnitude < grid.smallest_normal) {
    const double shifter = grid.subnormal_spacing * 0x1p52;
    nearest = (magnitude + shifter) - shifter;
  } else if (magnitude <= std::numeric_limits<double>::max()) {
    const int dropped = 52 - grid.mantissa_bits;
    const auto bits = std::bit_cast<std::uint64_t>(magnitude);
    const std::uint64_t half_less_one = (std::uint64_t{1} << (dropped - 1)) - 1;
    nearest = std::bit_cast<double>((bits + half_less_one + ((bits >> dropped) & 1U)) >> dropped << dropped);
  }
  if (nearest > grid.largest) nearest = grid.saturates ? grid.largest : std::numeric_limits<double>::infinity();
  return std::copysign(nearest, value);
}

/// How far `actual`, a value of the grid, is from `expected`, as a share of what is allowed: `slack` plus half the
/// spacing at that magnitude. Infinity where only one side is NaN, or an infinity is neither meant nor within slack.
[[nodiscard]] inline double error_share(const ValueGrid& grid, double actual, double expected, double slack) {
  constexpr double wrong = std::numeric_limits<double>::infinity();
  if (std::isnan(actual) || std::isnan(expected)) return std::isnan(actual) && std::isnan(expected) ? 0.0 : wrong;
  if (!(slack >= 0.0)) return wrong;
  const double reach = std::fabs(expected) + slack;
  if (reach > grid.largest) {
    if (!grid.saturates) {
      const double low = round_to(grid, expected - slack);
      const double high = round_to(grid, expected + slack);
      if (std::isinf(low) || std::isinf(high)) return actual >= low && actual <= high ? 0.0 : wrong;
    } else if (std::fabs(expected) > grid.largest) {
      expected = std::copysign(grid.largest, expected);
    }
  }
  return std::fabs(actual - expected) / (slack + 0.5 * spacing_at(grid, reach));
}

}  // namespace arbiter
