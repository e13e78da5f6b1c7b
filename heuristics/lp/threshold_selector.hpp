#pragma once

#include <string>
#include <vector>

#include "arbiter/selector.hpp"
#include "lp/byte_thresholds.hpp"

namespace arbiter {

/// Chooses by message size alone: the answer of the measured size of the same tp size and fusion that is nearest on a
/// logarithmic scale.
class ThresholdSelector : public Selector {
 public:
  ThresholdSelector(std::vector<ByteThresholds> thresholds, std::string fallback);

  [[nodiscard]] std::string name() const override { return "lp"; }
  [[nodiscard]] std::string select(const Problem& problem) const override;
  [[nodiscard]] std::string report() const override { return report_; }
  /// Before the selector is shared.
  void set_report(std::string report) { report_ = std::move(report); }

 private:
  std::vector<ByteThresholds> thresholds_;  ///< sorted by tp size and fusion
  std::string fallback_;
  std::string report_;
};

}  // namespace arbiter
