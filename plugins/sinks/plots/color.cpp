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

using Named = std::pair<std::string_view, Color>;

// The palette of Okabe and Ito, distinguishable under the common colour blindnesses, plus indigo, purple, wine and
// greys.
constexpr std::array<Named, 13> known = {{{"NCCL", 0x0072B2},
                                          {"MPI", 0x332288},
                                          {"MPI_RING", 0xAA4499},
                                          {"ONESHOT", 0xE69F00},
                                          {"TWOSHOT", 0x009E73},
                                          {"ONESHOT_PLAIN", 0x882255},
                                          {"TWOSHOT_PLAIN", 0x444444},
                                          {"NCCL_SYMMETRIC", 0x56B4E9},
                                          {"MIN_LATENCY", 0xD55E00},
                                          {"UB", 0xCC79A7},
                                          {"LOWPRECISION", 0xF0E442},
                                          {"MNNVL", 0x999999},
                                          {"AUTO", 0xBBBBBB}}};

// For other names: as distinct from those above and from each other as fifteen colours can be.
constexpr std::array<Color, 15> others = {0xDDCC77, 0x117733, 0x999933, 0x661100, 0x44AA99,
                                          0xFFAABB, 0xBBCC33, 0x99DDFF, 0xEE8866, 0x6699CC,
                                          0xB15928, 0x7FC97F, 0xCAB2D6, 0x004949, 0xFF6DB6};

// The names of configs/engines.yaml, which have theirs of these in every picture.
constexpr std::array<std::string_view, 14> engines = {
    "TORCH_SYMM_ONESHOT", "TORCH_SYMM_TWOSHOT", "FLASHINFER_MNNVL",         "FLASHINFER_ONESHOT", "FLASHINFER_TWOSHOT",
    "SGLANG_1SHOT_PUSH",  "SGLANG_2SHOT_PUSH",  "SGLANG_1SHOT_PULL",        "VLLM_CUSTOM",        "SGLANG_2SHOT_PULL",
    "TRTLLM_ONESHOT",     "TRTLLM_TWOSHOT",     "FLASHINFER_ONESHOT_EARLY", "TORCH_SYMM_MULTIMEM"};

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

std::map<std::string, Color> strategy_colors(std::vector<std::string> strategies,
                                             std::span<const std::string> others_of_run) {
  strategies.insert(strategies.end(), others_of_run.begin(), others_of_run.end());
  std::map<std::string, Color> colors;
  std::array<int, others.size()> users{};
  std::vector<std::string> unknown;
  std::ranges::sort(strategies);
  strategies.erase(std::unique(strategies.begin(), strategies.end()), strategies.end());
  for (std::string& strategy : strategies) {
    const std::string_view name = strategy;
    const auto* engine = std::ranges::find(engines, name);
    if (const auto* match = std::ranges::find(known, name, &Named::first); match != known.end()) {
      colors[strategy] = match->second;
    } else if (engine != engines.end()) {
      const auto slot = static_cast<std::size_t>(engine - engines.begin());
      ++users.at(slot);
      colors[strategy] = others.at(slot);
    } else {
      unknown.push_back(std::move(strategy));
    }
  }
  for (const std::string& strategy : unknown) {
    std::size_t slot = fnv1a(strategy) % others.size();
    const int fewest = *std::ranges::min_element(users);
    while (users.at(slot) > fewest) slot = (slot + 1) % others.size();
    ++users.at(slot);
    colors[strategy] = others.at(slot);
  }
  return colors;
}

std::vector<NamedColor> curve_colors(std::span<const ByteCurve> curves) {
  std::vector<std::string> names;
  names.reserve(curves.size());
  for (const ByteCurve& curve : curves) {
    names.push_back(fmt::format("{} ({})", curve.name, curve.file.filename().string()));
  }
  const auto colors = strategy_colors(names);
  std::vector<NamedColor> named;
  named.reserve(names.size());
  for (const std::string& name : names) named.push_back({name, colors.at(name)});
  return named;
}

}  // namespace arbiter::plots
