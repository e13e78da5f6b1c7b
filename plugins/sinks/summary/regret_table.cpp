#include "summary/regret_table.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "arbiter/regret.hpp"

namespace arbiter {

std::vector<std::string> regret_table(const std::vector<std::shared_ptr<const Selector>>& selectors,
                                      const Dataset& dataset) {
  std::size_t width = std::string("selector").size();
  for (const auto& selector : selectors) width = std::max(width, selector->name().size());
  std::vector<std::string> lines = {fmt::format("{:<{}}  {:>6}  {:>9}  {:>9}  {:>9}  {:>10}  {:>7}", "selector", width,
                                                "cells", "mean", "p95", "worst", "within 1 %", "no time")};
  const auto percent = [](double value) { return fmt::format("{:.2f} %", 100.0 * value); };
  for (const auto& selector : selectors) {
    const Regret regret = regret_of(*selector, dataset);
    const bool known = regret.cells > regret.unmeasured;
    const auto shown = [&](double value) { return known ? percent(value) : std::string("-"); };
    lines.push_back(fmt::format("{:<{}}  {:>6}  {:>9}  {:>9}  {:>9}  {:>10}  {:>7}", selector->name(), width,
                                regret.cells, shown(regret.mean), shown(regret.p95), shown(regret.worst),
                                known ? fmt::format("{:.0f} %", 100.0 * regret.within_one_percent) : "-",
                                regret.unmeasured));
  }
  return lines;
}

}  // namespace arbiter
