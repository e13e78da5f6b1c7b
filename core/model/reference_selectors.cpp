// SPDX-License-Identifier: Apache-2.0
#include "model/reference_selectors.hpp"

#include <algorithm>
#include <limits>
#include <map>
#include <tuple>
#include <utility>

#include <fmt/format.h>

#include "arbiter/heuristic.hpp"

namespace arbiter {

namespace {

class Always : public Selector {
 public:
  explicit Always(std::string strategy) : strategy_(std::move(strategy)) {}
  [[nodiscard]] std::string name() const override { return "always " + strategy_; }
  [[nodiscard]] std::string select(const Problem&) const override { return strategy_; }
  [[nodiscard]] std::string report() const override { return name(); }

 private:
  std::string strategy_;
};

}  // namespace

std::shared_ptr<const Selector> always(const std::string& strategy) { return std::make_shared<Always>(strategy); }

namespace {

constexpr std::int64_t unbounded = std::numeric_limits<std::int64_t>::max();

struct Threshold {
  std::string small;
  std::string large;
  std::int64_t last_byte = unbounded;  ///< the largest message `small` is for
};

/// The cost of choices, compared in this order: cells without a time, then the sum of regret.
struct Cost {
  std::int64_t unmeasured = 0;
  double regret = 0.0;

  Cost& operator+=(const Cost& other) {
    unmeasured += other.unmeasured;
    regret += other.regret;
    return *this;
  }
  friend bool operator<(const Cost& a, const Cost& b) {
    return std::tie(a.unmeasured, a.regret) < std::tie(b.unmeasured, b.regret);
  }
};

/// By message size, the cost of each strategy in the cells of that size.
using CostsBySize = std::map<std::int64_t, std::vector<Cost>>;

CostsBySize costs_by_size(const Dataset& dataset, const std::vector<std::string>& strategies) {
  CostsBySize costs;
  for (const auto& [problem, cell] : dataset.cells()) {
    const Measurement* best = best_of(cell);
    if (best == nullptr) continue;
    auto& of_size = costs.try_emplace(problem.message_bytes(), strategies.size()).first->second;
    for (std::size_t k = 0; k < strategies.size(); ++k) {
      const Measurement* row = row_of(cell, strategies[k]);
      of_size[k] += row == nullptr ? Cost{1, 0.0} : Cost{0, row->time_us / best->time_us - 1.0};
    }
  }
  return costs;
}

/// The cost of each strategy if it is always taken.
std::vector<Cost> total_costs(const CostsBySize& costs, std::size_t strategies) {
  std::vector<Cost> total(strategies);
  for (const auto& [bytes, of_size] : costs) {
    for (std::size_t k = 0; k < strategies; ++k) total[k] += of_size[k];
  }
  return total;
}

/// On a tie the first.
Threshold best_single(const CostsBySize& costs, const std::vector<std::string>& strategies) {
  const std::vector<Cost> total = total_costs(costs, strategies.size());
  const auto least = static_cast<std::size_t>(std::ranges::min_element(total, std::less{}) - total.begin());
  return {strategies[least], strategies[least], unbounded};
}

/// On a tie: first no threshold, then the order of the strategies, then the smaller threshold.
Threshold best_of_pairs(const CostsBySize& costs, const std::vector<std::string>& strategies) {
  const std::size_t count = strategies.size();
  const std::vector<Cost> total = total_costs(costs, count);
  Threshold best = best_single(costs, strategies);
  Cost best_cost = *std::ranges::min_element(total, std::less{});
  for (std::size_t small = 0; small < count; ++small) {
    for (std::size_t large = 0; large < count; ++large) {
      if (small == large) continue;
      Cost below;
      Cost above = total[large];
      for (const auto& [bytes, of_size] : costs) {
        below += of_size[small];
        above += Cost{-of_size[large].unmeasured, -of_size[large].regret};
        // Equal up to rounding is not better.
        const Cost cost{below.unmeasured + above.unmeasured, below.regret + above.regret + 1e-9};
        if (bytes == costs.rbegin()->first || !(cost < best_cost)) continue;
        best = {strategies[small], strategies[large], bytes};
        best_cost = {cost.unmeasured, cost.regret - 1e-9};
      }
    }
  }
  return best;
}

class ByteThreshold : public Selector {
 public:
  ByteThreshold(std::string name, std::map<int, Threshold> thresholds, std::string fallback)
      : name_(std::move(name)), thresholds_(std::move(thresholds)), fallback_(std::move(fallback)) {}

  [[nodiscard]] std::string name() const override { return name_; }
  [[nodiscard]] std::string select(const Problem& problem) const override {
    const auto found = thresholds_.find(problem.tp_size);
    if (found == thresholds_.end()) return fallback_;
    return problem.message_bytes() <= found->second.last_byte ? found->second.small : found->second.large;
  }
  [[nodiscard]] std::string report() const override {
    std::string text = name() + ", over all fusions:";
    for (const auto& [tp_size, threshold] : thresholds_) {
      text += threshold.last_byte == unbounded ? fmt::format("\n  tp {}: {} for all sizes", tp_size, threshold.small)
                                               : fmt::format("\n  tp {}: {} to {} bytes, {} above", tp_size,
                                                             threshold.small, threshold.last_byte, threshold.large);
    }
    return text;
  }

 private:
  std::string name_;
  std::map<int, Threshold> thresholds_;  ///< by tp size
  std::string fallback_;
};

/// The rule that `best` finds in the cells of each tp size, all fusions together.
template <class Best>
std::shared_ptr<const Selector> best_rule(const char* name, const Dataset& dataset, const Best& best) {
  std::map<int, Threshold> thresholds;
  for (const int tp_size : dataset.tp_sizes()) {
    const Dataset of_tp = dataset.of_tp_size(tp_size);
    auto strategies = of_tp.strategies();
    std::erase(strategies, "AUTO");
    const auto costs = costs_by_size(of_tp, strategies);
    if (!costs.empty()) thresholds[tp_size] = best(costs, strategies);
  }
  return std::make_shared<ByteThreshold>(name, std::move(thresholds), baseline_strategy(dataset));
}

}  // namespace

std::shared_ptr<const Selector> best_constant(const Dataset& dataset) {
  return best_rule("best constant strategy", dataset, best_single);
}

std::shared_ptr<const Selector> best_byte_threshold(const Dataset& dataset) {
  return best_rule("best byte threshold", dataset, best_of_pairs);
}

std::vector<std::shared_ptr<const Selector>> reference_selectors(const Dataset& dataset) {
  const auto usable = [](const Measurement& row) { return row.usable() && row.strategy != "AUTO"; };
  if (std::ranges::none_of(dataset.rows(), usable)) return {};
  std::vector<std::shared_ptr<const Selector>> selectors;
  const std::string baseline = baseline_strategy(dataset);
  const bool measured = std::ranges::any_of(
      dataset.rows(), [&](const Measurement& row) { return row.usable() && row.strategy == baseline; });
  if (measured) selectors.push_back(always(baseline));
  selectors.push_back(best_constant(dataset));
  selectors.push_back(best_byte_threshold(dataset));
  return selectors;
}

}  // namespace arbiter
