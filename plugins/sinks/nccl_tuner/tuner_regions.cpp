// SPDX-License-Identifier: Apache-2.0
#include "nccl_tuner/tuner_regions.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <cmath>
#include <map>
#include <regex>
#include <utility>

namespace arbiter::nccl_tuner {

namespace {

constexpr double noise = 0.01;

/// The time of each path relative to the best, summed over the cells of a size; without those that have none somewhere.
std::map<std::string, double> costs_of(const std::vector<const EngineCell*>& cells) {
  std::map<std::string, double> costs;
  for (const auto& [path, first_time] : cells.front()->times) {
    double sum = 0.0;
    for (const EngineCell* cell : cells) sum += cell->time_of(path) / cell->best;
    if (!std::isnan(sum)) costs[path] = sum;
  }
  return costs;
}

/// `own` where no variant is faster by more than noise.
std::string choice_at(const std::vector<const EngineCell*>& cells, const std::string& own, const std::string& previous,
                      double tie) {
  const std::map<std::string, double> costs = costs_of(cells);
  const auto of_own = costs.find(own);
  if (of_own == costs.end()) return own;
  const auto by_cost = [](const auto& one, const auto& other) { return one.second < other.second; };
  const auto least = std::ranges::min_element(costs, by_cost);
  if (of_own->second <= least->second * (1.0 + tie)) return own;
  const auto kept = costs.find(previous);
  return kept != costs.end() && kept->second <= least->second * (1.0 + tie) ? previous : least->first;
}

}  // namespace

std::vector<Region> fit_regions(const std::vector<EngineCell>& cells, const std::string& own, FitFor purpose) {
  const double tie = purpose == FitFor::file ? noise : 0.0;
  std::map<std::int64_t, std::vector<const EngineCell*>> sizes;
  for (const EngineCell& cell : cells) sizes[cell.problem.message_bytes()].push_back(&cell);
  std::vector<Region> regions;
  std::string previous = own;
  std::int64_t previous_bytes = 0;
  for (const auto& [bytes, of_size] : sizes) {
    const std::string choice = choice_at(of_size, own, previous, tie);
    if (choice == previous && choice != own) {
      regions.back().last_byte = bytes;
    } else if (choice != own) {
      regions.push_back({previous == own ? bytes : previous_bytes + 1, bytes, choice});
    }
    previous = choice;
    previous_bytes = bytes;
  }
  return regions;
}

const std::string& look_up(const std::vector<Region>& regions, const std::string& own, std::int64_t bytes) {
  const auto region = std::ranges::find_if(
      regions, [&](const Region& range) { return bytes >= range.first_byte && bytes <= range.last_byte; });
  return region == regions.end() ? own : region->strategy;
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
