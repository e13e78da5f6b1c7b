#include "nccl_tuner/tuner_regions.hpp"

#include <algorithm>
#include <limits>

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

}  // namespace arbiter::nccl_tuner
