// SPDX-License-Identifier: Apache-2.0
#include "nccl_tuner/tuner_regions.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <limits>
#include <regex>
#include <utility>

#include "common/byte_cuts.hpp"

namespace arbiter::nccl_tuner {

std::vector<Region> fit_regions(const Dataset& data, const std::vector<std::string>& strategies) {
  const SizeCosts costs =
      size_costs(data, strategies.size(), [&](const Problem&, std::size_t answer) { return strategies[answer]; });
  std::vector<Region> regions;
  std::size_t current = strategies.size();
  for (std::size_t size = 0; size < costs.bytes.size(); ++size) {
    const auto own = costs.cost.begin() + static_cast<std::ptrdiff_t>(size * costs.answers);
    const auto best = std::min_element(own, own + static_cast<std::ptrdiff_t>(costs.answers));
    const bool stays = current < strategies.size() && own[static_cast<std::ptrdiff_t>(current)] <= *best;
    if (!stays) {
      current = static_cast<std::size_t>(best - own);
      regions.push_back({0, strategies[current]});
    }
    regions.back().last_byte = costs.bytes[size];
  }
  if (!regions.empty()) regions.back().last_byte = std::numeric_limits<std::int64_t>::max();
  return regions;
}

const std::string& look_up(const std::vector<Region>& regions, std::int64_t bytes) {
  return std::ranges::find_if(regions, [&](const Region& region) { return bytes <= region.last_byte; })->strategy;
}

namespace {

constexpr std::array<std::pair<const char*, const char*>, 6> algorithms{{{"RING", "ring"},
                                                                         {"TREE", "tree"},
                                                                         {"NVLS", "nvls"},
                                                                         {"NVLSTREE", "nvls_tree"},
                                                                         {"COLLNETDIRECT", "collnet_direct"},
                                                                         {"COLLNETCHAIN", "collnet_chain"}}};

std::string lower_case(std::string text) {
  std::ranges::transform(text, text.begin(),
                         [](unsigned char letter) { return static_cast<char>(std::tolower(letter)); });
  return text;
}

}  // namespace

std::optional<Variant> variant_of(const std::string& strategy) {
  static const std::regex form("NCCL_([A-Z]+)_(LL|LL128|SIMPLE)_([1-9][0-9]?)CH");
  std::smatch parts;
  if (!std::regex_match(strategy, parts, form)) return std::nullopt;
  const auto algorithm =
      std::ranges::find_if(algorithms, [&](const auto& entry) { return parts[1].str() == entry.first; });
  const int channels = std::stoi(parts[3].str());
  if (algorithm == algorithms.end() || channels > 64) return std::nullopt;
  return Variant{algorithm->second, lower_case(parts[2].str()), channels};
}

}  // namespace arbiter::nccl_tuner
