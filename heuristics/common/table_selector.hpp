#pragma once

#include <string>
#include <utility>

#include "arbiter/dataset.hpp"
#include "arbiter/heuristic.hpp"

namespace arbiter {

/// A selector that is its table.
class TableSelector : public Selector {
 public:
  TableSelector(std::string name, DecisionTable table) : name_(std::move(name)), table_(std::move(table)) {}

  [[nodiscard]] std::string name() const override { return name_; }
  [[nodiscard]] std::string select(const Problem& problem) const override { return table_.select(problem); }
  [[nodiscard]] std::string report() const override { return report_; }
  [[nodiscard]] const DecisionTable* table() const override { return &table_; }

  /// Before the selector is shared.
  void set_report(std::string report) { report_ = std::move(report); }

 private:
  std::string name_;
  DecisionTable table_;
  std::string report_;
};

/// `parameter` or, if it is empty, the baseline of the data. Throws ConfigError for AUTO, which would ask again.
[[nodiscard]] std::string fallback_strategy(const std::string& parameter, const Dataset& dataset);

}  // namespace arbiter
