#include "arbiter/agreement.hpp"

#include <algorithm>
#include <vector>

#include <fmt/format.h>

namespace arbiter {

std::string first_failure(const std::string& own, ProcessGroup& group) {
  if (group.all(own.empty())) return {};
  const auto all = group.all_gather(own);
  const auto first = std::find_if(all.begin(), all.end(), [](const auto& text) { return !text.empty(); });
  return fmt::format("rank {}: {}", first - all.begin(), *first);
}

}  // namespace arbiter
