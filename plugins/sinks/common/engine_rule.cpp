#include "common/engine_rule.hpp"

#include <algorithm>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "arbiter/heuristic.hpp"

namespace arbiter {

namespace {

class RuleSelector : public Selector {
 public:
  explicit RuleSelector(const EngineRule& rule) : rule_(rule) {}
  [[nodiscard]] std::string name() const override { return "rule"; }
  [[nodiscard]] std::string select(const Problem& problem) const override { return rule_(problem); }
  [[nodiscard]] std::string report() const override { return {}; }

 private:
  const EngineRule& rule_;
};

}  // namespace

Regret regret_of_rule(const Dataset& paths, const EngineRule& rule) { return regret_of(RuleSelector(rule), paths); }

std::string never_measured(const std::vector<int>& expected, const std::vector<int>& measured) {
  std::vector<int> missing;
  for (const int tp_size : expected) {
    if (std::ranges::find(measured, tp_size) == measured.end()) missing.push_back(tp_size);
  }
  return missing.empty() ? std::string() : fmt::format("tp {}", fmt::join(missing, ", "));
}

}  // namespace arbiter
