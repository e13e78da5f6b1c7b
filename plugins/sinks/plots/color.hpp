// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "arbiter/byte_curve.hpp"

namespace arbiter::plots {

/// 0xRRGGBB, as gnuplot's `rgb variable` takes it.
using Color = std::uint32_t;

inline constexpr Color black = 0x000000;
inline constexpr Color white = 0xFFFFFF;
inline constexpr Color dark_grey = 0x333333;
inline constexpr Color grey = 0x666666;
inline constexpr Color light_grey = 0xB8B8B8;

/// "#rrggbb".
[[nodiscard]] std::string hex(Color color);

/// Black or white: the one with the higher contrast on `background`.
[[nodiscard]] Color ink_on(Color background);

/// Evenly spaced colours, from the smallest value to the largest.
using Gradient = std::vector<Color>;

/// Dark blue to yellow, perceptually uniform in lightness: readable in grey and by the colour-blind.
[[nodiscard]] const Gradient& time_gradient();
/// White to dark red, likewise uniform.
[[nodiscard]] const Gradient& overhead_gradient();
/// From blue over white to the reds of overhead_gradient().
[[nodiscard]] const Gradient& change_gradient();

/// The colour at `position` in 0..1.
[[nodiscard]] Color interpolate(const Gradient& gradient, double position);
/// A colour for each strategy. The strategies of Arbiter, its configurations and TensorRT-LLM have fixed colours;
/// others get one of fifteen, by a hash of the name, or the next free one if another strategy of the same set has that.
/// So a picture asks for its own `strategies` together with the `others` of the run.
[[nodiscard]] std::map<std::string, Color> strategy_colors(std::vector<std::string> strategies,
                                                           std::span<const std::string> others = {});

struct NamedColor {
  std::string name;
  Color color = black;
};

/// Of each curve its name in pictures, "NCCL (all_reduce.txt)", and a colour by that name.
[[nodiscard]] std::vector<NamedColor> curve_colors(std::span<const ByteCurve> curves);

}  // namespace arbiter::plots
