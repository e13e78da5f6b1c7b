#pragma once

#include <string>

#include "arbiter/selector.hpp"
#include "common/label_table.hpp"

namespace arbiter {

/// A selector that looks cells up in a table.
class TableSelector : public Selector {
 public:
  enum class OffGrid : std::uint8_t { fallback, nearest };

  TableSelector(std::string name, LabelTable table, OffGrid off_grid, std::string fallback)
      : name_(std::move(name)), table_(std::move(table)), off_grid_(off_grid), fallback_(std::move(fallback)) {}

  [[nodiscard]] std::string name() const override { return name_; }
  [[nodiscard]] std::string select(const Problem& problem) const override;
  [[nodiscard]] std::string report() const override { return report_; }

  [[nodiscard]] const LabelTable& table() const { return table_; }
  /// Before the selector is shared.
  void set_report(std::string report) { report_ = std::move(report); }

 private:
  std::string name_;
  LabelTable table_;
  OffGrid off_grid_;
  std::string fallback_;
  std::string report_;
};

/// `parameter` or, if it is empty, the baseline of the data. Throws ConfigError for AUTO, which would ask again.
[[nodiscard]] std::string fallback_strategy(const std::string& parameter, const Dataset& dataset);

}  // namespace arbiter
