#include "lp/excess.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace arbiter {

void Excess::add(double cost) {
  ++cells_;
  sum_ += cost - 1.0;
  worst_ = std::max(worst_, cost - 1.0);
}

std::string Excess::text() const {
  std::string text =
      fmt::format("mean {:.2f} %, worst {:.2f} % above the best of {} cells", 100.0 * mean(), 100.0 * worst_, cells_);
  if (unmeasured_ > 0) text += fmt::format(" ({} more have no time for its choice)", unmeasured_);
  return text;
}

}  // namespace arbiter
