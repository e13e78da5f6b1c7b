// SPDX-License-Identifier: Apache-2.0
#include "sweep/auto_choice.hpp"

#include <fmt/format.h>

namespace arbiter {

std::string AutoChoice::choose(const Selector& selector, const std::string& fallback, const Problem& problem,
                               const Supports& supports) {
  std::string chosen = selector.select(problem);
  const auto support = supports(chosen);
  if (support || chosen == fallback || !supports(fallback)) return chosen;
  if (replaced_.insert(chosen).second) {
    warn_(fmt::format("AUTO runs {} where {} names {}, which cannot run here (first: {}: {})", fallback,
                      selector.name(), chosen, to_string(problem), support.reason));
  }
  return fallback;
}

}  // namespace arbiter
