// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <utility>

#include "arbiter/dataset.hpp"
#include "arbiter/decision_table.hpp"
#include "arbiter/heuristic.hpp"

namespace arbiter {

/// A selector whose decision is a table.
class TableSelector : public Selector {
 public:
  TableSelector(std::string name, DecisionTable table) : name_(std::move(name)), table_(std::move(table)) {}

  [[nodiscard]] std::string name() const override { return name_; }
  [[nodiscard]] std::string select(const Problem& problem) const override { return table_.select(problem); }
  [[nodiscard]] std::string report() const override { return report_; }
  [[nodiscard]] const DecisionTable* table() const override { return &table_; }

  /// Not thread-safe: only before the selector is shared.
  void set_report(std::string report) { report_ = std::move(report); }

 private:
  std::string name_;
  DecisionTable table_;
  std::string report_;
};

/// The parameter, or the dataset's baseline_strategy() if it is empty. Throws ConfigError for AUTO, which would ask the
/// selector again.
[[nodiscard]] std::string fallback_strategy(const std::string& parameter, const Dataset& dataset);

/// The number of cells that have an answer.
[[nodiscard]] std::size_t answered_cells(const DecisionGrid& grid);

/// The number of connected regions of cells with one answer; cells are connected along either axis.
[[nodiscard]] std::size_t regions(const DecisionGrid& grid);

}  // namespace arbiter
