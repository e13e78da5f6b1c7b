#include "summary/lower_bound_line.hpp"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "summary/text_wrap.hpp"

namespace arbiter {

namespace {

struct Distance {
  std::int64_t cells = 0;
  double logarithms = 0.0;
  double least = 0.0;
  double most = 0.0;
};

Distance distance_of(const Dataset& dataset) {
  Distance distance;
  for (const auto& [problem, cell] : dataset.cells()) {
    const Measurement* best = best_of(cell);
    if (best == nullptr || !(best->lower_bound_us > 0.0)) continue;
    const double times = best->over_lower_bound();
    distance.least = distance.cells == 0 ? times : std::min(distance.least, times);
    distance.most = std::max(distance.most, times);
    distance.logarithms += std::log(times);
    ++distance.cells;
  }
  return distance;
}

}  // namespace

std::vector<std::string> lower_bound_lines(const Dataset& dataset) {
  std::string text;
  for (const int tp_size : dataset.tp_sizes()) {
    const Dataset of_tp = dataset.of_tp_size(tp_size);
    std::string fusions;
    for (const auto& fusion : of_tp.fusions()) {
      const auto [cells, logarithms, least, most] = distance_of(of_tp.of_fusion(fusion));
      if (cells == 0) continue;
      fusions += fmt::format("{}{} {:.2f}x ({:.2f}x to {:.2f}x)", fusions.empty() ? "" : ", ", fusion,
                             std::exp(logarithms / static_cast<double>(cells)), least, most);
    }
    if (!fusions.empty()) text += fmt::format(" tp {}: {}.", tp_size, fusions);
  }
  if (text.empty()) return {};
  std::vector<std::string> lines = {""};
  for (auto& line :
       wrapped("Fastest over the lower bound that launch, latency and bandwidth allow, geometric mean:" + text, 4)) {
    lines.push_back(std::move(line));
  }
  return lines;
}

}  // namespace arbiter
