// SPDX-License-Identifier: Apache-2.0
#include "color.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <string_view>
#include <utility>

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

// The palette of Okabe and Ito, distinguishable under the common colour blindnesses, plus indigo and two greys.
constexpr std::array<std::pair<std::string_view, Color>, 10> known = {{{"NCCL", 0x0072B2},
                                                                       {"MPI", 0x332288},
                                                                       {"ONESHOT", 0xE69F00},
                                                                       {"TWOSHOT", 0x009E73},
                                                                       {"NCCL_SYMMETRIC", 0x56B4E9},
                                                                       {"MIN_LATENCY", 0xD55E00},
                                                                       {"UB", 0xCC79A7},
                                                                       {"LOWPRECISION", 0xF0E442},
                                                                       {"MNNVL", 0x999999},
                                                                       {"AUTO", 0xBBBBBB}}};

// For other names: as distinct from those above and from each other as twelve colours can be.
constexpr std::array<Color, 12> others = {0x882255, 0xDDCC77, 0x117733, 0xAA4499, 0x999933, 0x661100,
                                          0x44AA99, 0x444444, 0xFFAABB, 0xBBCC33, 0x99DDFF, 0xEE8866};

std::uint32_t fnv1a(std::string_view text) {
  std::uint32_t hash = 2166136261U;
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 16777619U;
  return hash;
}

}  // namespace

std::string hex(Color color) { return fmt::format("#{:06x}", color); }

Color ink_on(Color background) {
  const double light = luminance(background);
  return (light + 0.05) / 0.05 > 1.05 / (light + 0.05) ? black : white;
}

// Equal steps of CIELAB lightness (18..92 and 100..22) at the largest chroma that sRGB holds.
const Gradient& time_gradient() {
  static const Gradient gradient = {0x381D5F, 0x003F81, 0x055B85, 0x007691, 0x03929A,
                                    0x02AF99, 0x08CF75, 0x9AE252, 0xF9EC41};
  return gradient;
}

const Gradient& overhead_gradient() {
  static const Gradient gradient = {0xFFFFFF, 0xFFD7C7, 0xFFAC8F, 0xFE7C57, 0xE75335, 0xC72D1F, 0x9F0A12, 0x71000C};
  return gradient;
}

const Gradient& change_gradient() {
  static const Gradient gradient = [] {
    // The same steps of lightness as above, towards blue.
    Gradient both = {0x013663, 0x04508A, 0x026CB4, 0x078ADD, 0x3CA8FE, 0x90C4FE, 0xCAE2FF};
    both.insert(both.end(), overhead_gradient().begin(), overhead_gradient().end());
    return both;
  }();
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

std::map<std::string, Color> strategy_colors(std::vector<std::string> strategies) {
  std::map<std::string, Color> colors;
  std::array<int, others.size()> users{};
  std::ranges::sort(strategies);
  for (const std::string& strategy : strategies) {
    const auto* match =
        std::ranges::find(known, std::string_view(strategy), &std::pair<std::string_view, Color>::first);
    if (match != known.end()) {
      colors[strategy] = match->second;
      continue;
    }
    std::size_t slot = fnv1a(strategy) % others.size();
    const int fewest = *std::ranges::min_element(users);
    while (users.at(slot) > fewest) slot = (slot + 1) % others.size();
    ++users.at(slot);
    colors[strategy] = others.at(slot);
  }
  return colors;
}

}  // namespace arbiter::plots
