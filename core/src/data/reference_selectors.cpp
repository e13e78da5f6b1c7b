#include "reference_selectors.hpp"

#include <algorithm>

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

std::vector<std::shared_ptr<const Selector>> reference_selectors(const Dataset& dataset) {
  std::vector<std::string> strategies = {baseline_strategy(dataset), "ONESHOT"};
  std::vector<std::shared_ptr<const Selector>> selectors;
  for (const std::string& strategy : strategies) {
    const bool measured = std::ranges::any_of(
        dataset.rows(), [&](const Measurement& row) { return row.usable() && row.strategy == strategy; });
    if (measured) selectors.push_back(always(strategy));
  }
  const bool any = std::ranges::any_of(dataset.rows(),
                                       [](const Measurement& row) { return row.usable() && row.strategy != "AUTO"; });
  if (any) selectors.push_back(best_byte_threshold(dataset));
  return selectors;
}

}  // namespace arbiter
