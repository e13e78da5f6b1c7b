// SPDX-License-Identifier: Apache-2.0
#include "figure.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include <fmt/format.h>

#include "arbiter/names.hpp"
#include "geometry.hpp"

namespace arbiter::plots {

namespace {

/// Two digits below ten, whole numbers above.
std::string two_digits(double value) { return fmt::format("{:.{}f}", value, value < 9.95 ? 1 : 0); }

std::string with_unit(double value) {
  for (const char unit : std::array{'k', 'M', 'G'}) {
    value /= 1000.0;
    if (value < 999.5) return two_digits(value) + unit;
  }
  return ">1T";
}

}  // namespace

bool Figure::any(CellState state) const {
  return std::ranges::any_of(panels, [state](const Panel& panel) {
    return std::ranges::find(panel.cells, state, &Cell::state) != panel.cells.end();
  });
}

double Figure::widest_label() const {
  double widest = 0.0;
  for (const Panel& panel : panels) {
    for (const Cell& cell : panel.cells) widest = std::max(widest, text_width(cell.label, 1.0));
  }
  return widest;
}

std::string shown_name(std::string_view name) { return plain_text(name, 100); }

std::string time_label(double microseconds) {
  if (microseconds < 0.05) return "<0.1";
  return microseconds < 999.5 ? two_digits(microseconds) : with_unit(microseconds);
}

std::string percent_label(double percent) {
  if (percent >= 999.5) {
    std::string label = with_unit(percent);
    if (const auto zero = label.find(".0"); zero != std::string::npos) label.erase(zero, 2);
    return label;
  }
  if (std::abs(percent) < 0.05) return "0";
  return fmt::format("{:.{}f}", percent, std::abs(percent) < 9.95 ? 1 : 0);
}

std::string change_label(double ratio) {
  const double percent = 100.0 * (ratio - 1.0);
  return fmt::format("{}{}", percent >= 0.05 ? "+" : "", percent_label(percent));
}

std::string share_label(int part, int total) {
  const double percent = 100.0 * part / total;
  if (percent < 1.0) return "<1 %";
  if (part < total && percent > 99.0) return ">99 %";
  return fmt::format("{:.0f} %", percent);
}

}  // namespace arbiter::plots
