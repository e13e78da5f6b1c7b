// SPDX-License-Identifier: Apache-2.0
#include "common/byte_cuts.hpp"

#include <algorithm>
#include <map>

namespace arbiter {

namespace {

constexpr double unmeasured_cost = 1e6;

/// Which answers have a time somewhere in each fusion.
std::map<std::string, std::vector<bool>> answers_of_fusions(
    const std::map<Problem, std::vector<const Measurement*>>& cells, std::size_t answers, const PathOfAnswer& path) {
  std::map<std::string, std::vector<bool>> known;
  for (const auto& [problem, cell] : cells) {
    std::vector<bool>& of_fusion = known.try_emplace(problem.fusion, answers, false).first->second;
    for (std::size_t answer = 0; answer < answers; ++answer) {
      if (row_of(cell, path(problem, answer)) != nullptr) of_fusion[answer] = true;
    }
  }
  return known;
}

}  // namespace

SizeCosts size_costs(const Dataset& paths, std::size_t answers, const PathOfAnswer& path) {
  const auto cells = paths.cells();
  const auto known = answers_of_fusions(cells, answers, path);
  std::vector<bool> somewhere(answers, false);
  for (const auto& [fusion, of_fusion] : known) {
    for (std::size_t answer = 0; answer < answers; ++answer) somewhere[answer] = somewhere[answer] || of_fusion[answer];
  }
  const auto compares = [&](const auto& of_fusion) { return of_fusion.second == somewhere; };
  const bool any = std::ranges::any_of(known, compares);
  std::map<std::int64_t, std::vector<double>> sizes;
  for (const auto& [problem, cell] : cells) {
    const Measurement* best = best_of(cell);
    if (best == nullptr || (any && !compares(*known.find(problem.fusion)))) continue;
    std::vector<double>& sums = sizes.try_emplace(problem.message_bytes(), answers, 0.0).first->second;
    for (std::size_t answer = 0; answer < answers; ++answer) {
      const Measurement* row = row_of(cell, path(problem, answer));
      sums[answer] += row == nullptr ? unmeasured_cost : row->time_us / best->time_us;
    }
  }
  SizeCosts result{answers, {}, {}};
  for (const auto& [bytes, sums] : sizes) {
    result.bytes.push_back(bytes);
    result.cost.insert(result.cost.end(), sums.begin(), sums.end());
  }
  return result;
}

std::vector<std::int64_t> best_cuts(const SizeCosts& costs) {
  const std::size_t answers = costs.answers;
  const std::size_t sizes = costs.bytes.size();
  std::vector<double> total(answers, 0.0);  // of the sizes so far, by the answer to the last one
  std::vector<std::size_t> before(sizes * answers, 0);
  for (std::size_t size = 0; size < sizes; ++size) {
    std::vector<double> next(answers);
    std::size_t from = 0;
    for (std::size_t answer = 0; answer < answers; ++answer) {
      if (total[answer] <= total[from]) from = answer;
      before[size * answers + answer] = from;
      next[answer] = total[from] + costs.cost[size * answers + answer];
    }
    total = next;
  }
  std::size_t answer = 0;
  for (std::size_t other = 1; other < answers; ++other) {
    if (total[other] <= total[answer]) answer = other;
  }
  std::vector<std::int64_t> cuts(answers - 1, 0);
  for (std::size_t size = sizes; size-- > 0;) {
    for (std::size_t cut = answer; cut < cuts.size(); ++cut) {
      if (cuts[cut] == 0) cuts[cut] = costs.bytes[size];
    }
    answer = before[size * answers + answer];
  }
  return cuts;
}

}  // namespace arbiter
