#include "sweep/auto_choice.hpp"

#include <memory>

#include <fmt/format.h>

#include "arbiter/error.hpp"

namespace arbiter {

std::string AutoChoice::choose(const Selector& selector, const std::string& fallback, const Problem& problem,
                               const Supports& supports) {
  std::string chosen = selector.select(problem);
  const auto support = supports(chosen);
  if (support || chosen == fallback || !supports(fallback)) return chosen;
  if (replaced_.insert(chosen).second) {
    warn_(fmt::format("AUTO runs {} where {} names {}, which does not support the problem (first: {}: {})", fallback,
                      selector.name(), chosen, to_string(problem), support.reason));
  }
  return fallback;
}

Support strategy_supports(const std::string& strategy, const Problem& problem, const ProcessGroup& group,
                          const Config& config, const PluginHost& plugins, const Instances& instances) {
  try {
    const auto made = instances.strategies.find(strategy);
    const auto instance = made != instances.strategies.end() ? made->second : make_strategy(config, plugins, strategy);
    return instance->supports(problem, group);
  } catch (...) {
    return Support::no(what_was_thrown());
  }
}

}  // namespace arbiter
