// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <utility>

#include "arbiter/heuristic.hpp"

namespace arbiter {

/// The selector of a table that was read from `source`.
class TableSelectorOf : public Selector {
 public:
  TableSelectorOf(std::string name, DecisionTable table, const std::string& source)
      : name_(std::move(name)), table_(std::move(table)), report_("read from " + source) {}

  [[nodiscard]] std::string name() const override { return name_; }
  [[nodiscard]] std::string select(const Problem& problem) const override { return table_.select(problem); }
  [[nodiscard]] std::string report() const override { return report_; }
  [[nodiscard]] const DecisionTable* table() const override { return &table_; }

 private:
  std::string name_;
  DecisionTable table_;
  std::string report_;
};

}  // namespace arbiter
