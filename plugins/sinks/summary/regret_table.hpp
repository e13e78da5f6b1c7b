#pragma once

#include <memory>
#include <string>
#include <vector>

#include "arbiter/dataset.hpp"
#include "arbiter/selector.hpp"

namespace arbiter {

/// One aligned line per selector with its regret on the data, and a heading.
[[nodiscard]] std::vector<std::string> regret_table(const std::vector<std::shared_ptr<const Selector>>& selectors,
                                                    const Dataset& dataset);

}  // namespace arbiter
