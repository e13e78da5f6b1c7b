#include "lp/threshold_selector.hpp"

#include <algorithm>
#include <tuple>

namespace arbiter {

namespace {

auto key_of(const ByteThresholds& thresholds) { return std::tie(thresholds.tp_size, thresholds.fusion); }

}  // namespace

ThresholdSelector::ThresholdSelector(std::vector<ByteThresholds> thresholds, std::string fallback)
    : thresholds_(std::move(thresholds)), fallback_(std::move(fallback)) {
  std::ranges::sort(thresholds_, [](const auto& a, const auto& b) { return key_of(a) < key_of(b); });
}

std::string ThresholdSelector::select(const Problem& problem) const {
  const auto found = std::lower_bound(thresholds_.begin(), thresholds_.end(), problem,
                                      [](const ByteThresholds& thresholds, const Problem& p) {
                                        return key_of(thresholds) < std::tie(p.tp_size, p.fusion);
                                      });
  if (found == thresholds_.end() || key_of(*found) != std::tie(problem.tp_size, problem.fusion)) return fallback_;
  if (!found->exceptions.empty()) {
    const auto exception = found->exceptions.find(problem);
    if (exception != found->exceptions.end()) return exception->second;
  }
  return found->order[found->labels[found->bytes.nearest(problem.message_bytes())]];
}

}  // namespace arbiter
