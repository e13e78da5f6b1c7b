// SPDX-License-Identifier: Apache-2.0
#include "common/limit_fit.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <map>
#include <set>
#include <tuple>

namespace arbiter {

namespace {

using Values = std::vector<std::int64_t>;

constexpr double failure = 1e4;  // what a choice without a time costs: no measured path is as slow
constexpr double tie = 1e-3;
// What an engine's own number may cost and stays: two measurements of a machine differ by less in the mean over cells.
constexpr double tie_of_own = 5e-3;
constexpr double tie_of_own_in_worst = 0.10;

/// Every combination of the allowed values.
std::vector<Values> combinations(const std::vector<Limit>& limits) {
  std::vector<Values> result = {{}};
  for (const Limit& limit : limits) {
    Values tried = limit.allowed;
    if (limit.shipped && std::ranges::find(tried, *limit.shipped) == tried.end()) tried.push_back(*limit.shipped);
    std::vector<Values> longer;
    longer.reserve(result.size() * tried.size());
    for (const Values& values : result) {
      for (const std::int64_t value : tried) {
        longer.push_back(values);
        longer.back().push_back(value);
      }
    }
    result = std::move(longer);
  }
  return result;
}

/// 0 for a power of two, 1 for three halves of one, 2 for other numbers.
int roughness(std::int64_t value) {
  const auto bits = static_cast<std::uint64_t>(value);
  if (std::has_single_bit(bits)) return 0;
  return bits % 3 == 0 && std::has_single_bit(bits / 3) ? 1 : 2;
}

/// How many values are not the engine's own.
int changed(const Values& values, const std::vector<Limit>& limits) {
  int count = 0;
  for (std::size_t i = 0; i < values.size(); ++i) count += values[i] == limits[i].shipped ? 0 : 1;
  return count;
}

/// What makes one of equally good combinations preferable; less is better.
std::tuple<int, int, Values> preference(const Values& values, const std::vector<Limit>& limits) {
  int rough = 0;
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (values[i] != limits[i].shipped) rough += roughness(values[i]);
  }
  return {changed(values, limits), rough, values};
}

/// The regret of each combination in each cell that counts.
class Regrets {
 public:
  Regrets(const std::vector<EngineCell>& cells, const std::vector<Values>& all, const PathOfLimits& path) {
    std::map<std::string, std::set<std::string>> known;  // paths, by fusion
    for (const EngineCell& cell : cells) {
      for (const auto& [name, time] : cell.times) known[cell.problem.fusion].insert(name);
    }
    for (const EngineCell& cell : cells) {
      const std::set<std::string>& of_fusion = known[cell.problem.fusion];
      std::vector<double> regrets;
      regrets.reserve(all.size());
      std::string last;  // neighbours mostly choose the same
      bool differ = false;
      for (const Values& values : all) {
        std::string chosen = path(cell.problem, values);
        if (!regrets.empty() && chosen == last) {
          regrets.push_back(regrets.back());
          continue;
        }
        // The empty name is the engine's failure, which is known without a time.
        if (!chosen.empty() && !of_fusion.contains(chosen)) break;
        differ = differ || !regrets.empty();
        const double time = cell.time_of(chosen);
        regrets.push_back(std::isnan(time) ? failure : time / cell.best - 1.0);
        last = std::move(chosen);
      }
      if (regrets.size() < all.size()) continue;
      cells_.push_back(std::move(regrets));
      decides_ = decides_ || differ;
    }
  }

  /// Whether the values make a difference in any cell.
  [[nodiscard]] bool decides() const { return decides_; }

  [[nodiscard]] RuleScore score(std::size_t combination) const {
    return score_where(combination, [](const std::vector<double>&) { return true; });
  }

  /// Over the cells in which the combination `other` chooses a path with a time.
  [[nodiscard]] RuleScore score_beside(std::size_t combination, std::size_t other) const {
    return score_where(combination, [&](const std::vector<double>& cell) { return cell[other] < failure; });
  }

 private:
  template <class Counts>
  [[nodiscard]] RuleScore score_where(std::size_t combination, const Counts& counts) const {
    RuleScore score;
    for (const std::vector<double>& cell : cells_) {
      if (!counts(cell)) continue;
      score.mean += cell[combination];
      score.worst = std::max(score.worst, cell[combination]);
      ++score.cells;
    }
    if (score.cells > 0) score.mean /= static_cast<double>(score.cells);
    return score;
  }

  std::vector<std::vector<double>> cells_;
  bool decides_ = false;
};

}  // namespace

std::vector<std::int64_t> round_numbers(std::int64_t from, std::int64_t to) {
  std::set<std::int64_t> numbers = {from, to};
  for (std::int64_t power = 1; power <= to; power *= 2) {
    for (const std::int64_t number : {power, power + power / 2}) {
      if (number >= from && number <= to) numbers.insert(number);
    }
  }
  return {numbers.begin(), numbers.end()};
}

std::optional<std::vector<std::int64_t>> fit_limits(const std::vector<EngineCell>& cells,
                                                    const std::vector<Limit>& limits, const PathOfLimits& path,
                                                    FitFor purpose) {
  const std::vector<Values> all = combinations(limits);
  const Regrets regrets(cells, all, path);
  if (!regrets.decides()) return std::nullopt;
  std::vector<RuleScore> scores(all.size());
  for (std::size_t i = 0; i < all.size(); ++i) scores[i] = regrets.score(i);
  if (purpose == FitFor::reference) {
    return all[static_cast<std::size_t>(std::ranges::min_element(scores, {}, &RuleScore::mean) - scores.begin())];
  }
  Values shipped;
  for (const Limit& limit : limits) shipped.push_back(limit.shipped.value_or(-1));
  const auto own = static_cast<std::size_t>(std::ranges::find(all, shipped) - all.begin());
  const bool has_own = own < all.size();
  const RuleScore of_own = has_own ? regrets.score_beside(own, own) : RuleScore{};
  std::vector<std::size_t> allowed;
  for (std::size_t i = 0; i < all.size(); ++i) {
    if (!has_own || regrets.score_beside(i, own).mean <= of_own.mean) allowed.push_back(i);
  }
  // Whether a file is written for these values.
  const auto gains = [&](std::size_t i) {
    return has_own && !keeps_shipped({.shipped = of_own, .written = regrets.score_beside(i, own)});
  };
  const auto preferred = [&](const std::vector<std::size_t>& candidates) {
    double least = failure;
    for (const std::size_t i : candidates) least = std::min(least, scores[i].mean);
    std::optional<std::size_t> best;
    for (const std::size_t i : candidates) {
      if (scores[i].mean > least + tie) continue;
      if (!best || preference(all[i], limits) < preference(all[*best], limits)) best = i;
    }
    return best.value();
  };
  const std::size_t best = preferred(allowed);
  // What the best values gain is not lost because some of the engine's own stay.
  const bool best_gains = gains(best);
  std::vector<std::size_t> near;
  int fewest = changed(all[best], limits);
  for (const std::size_t i : allowed) {
    const int count = changed(all[i], limits);
    if (count > fewest || scores[i].mean > scores[best].mean + tie_of_own) continue;
    if (scores[i].worst > scores[best].worst + tie_of_own_in_worst || (best_gains && !gains(i))) continue;
    if (count < fewest) near.clear();
    fewest = count;
    near.push_back(i);
  }
  return all[preferred(near)];
}

}  // namespace arbiter
