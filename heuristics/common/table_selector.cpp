#include "common/table_selector.hpp"

#include "arbiter/error.hpp"
#include "arbiter/heuristic.hpp"

namespace arbiter {

std::string fallback_strategy(const std::string& parameter, const Dataset& dataset) {
  if (parameter == "AUTO") {
    throw ConfigError("fallback: found AUTO, allowed: a strategy that does not ask a selector, such as NCCL or MPI");
  }
  return parameter.empty() ? baseline_strategy(dataset) : parameter;
}

}  // namespace arbiter
