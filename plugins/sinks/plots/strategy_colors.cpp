#include "strategy_colors.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <string_view>
#include <utility>

namespace arbiter::plots {

namespace {

// Okabe and Ito's colours, which stay apart under every common colour blindness, and indigo and grey.
constexpr std::array<std::pair<std::string_view, Color>, 9> known = {{{"NCCL", 0x0072B2},
                                                                      {"MPI", 0x332288},
                                                                      {"ONESHOT", 0xE69F00},
                                                                      {"TWOSHOT", 0x009E73},
                                                                      {"NCCL_SYMMETRIC", 0x56B4E9},
                                                                      {"MIN_LATENCY", 0xD55E00},
                                                                      {"UB", 0xCC79A7},
                                                                      {"LOWPRECISION", 0xF0E442},
                                                                      {"MNNVL", 0x999999}}};

// For names nobody knew: apart from those above and from each other as far as it goes.
constexpr std::array<Color, 12> others = {0x882255, 0xDDCC77, 0x117733, 0xAA4499, 0x999933, 0x661100,
                                          0x44AA99, 0x444444, 0xFFAABB, 0xBBCC33, 0x99DDFF, 0xEE8866};

std::uint32_t fnv1a(std::string_view text) {
  std::uint32_t hash = 2166136261U;
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 16777619U;
  return hash;
}

}  // namespace

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
