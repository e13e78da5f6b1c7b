#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

namespace arbiter {

/// Ascending positive values along one side of a grid. Distances are of logarithms: 96 is nearer to 128 than to 64.
class LogAxis {
 public:
  LogAxis() = default;
  /// In any order, repeated or not.
  explicit LogAxis(std::vector<std::int64_t> values);

  [[nodiscard]] std::size_t size() const { return values_.size(); }
  [[nodiscard]] std::int64_t operator[](std::size_t index) const { return values_[index]; }
  [[nodiscard]] const std::vector<std::int64_t>& values() const { return values_; }

  /// Index of the nearest value, the smaller of two equally near ones. The axis must not be empty.
  [[nodiscard]] std::size_t nearest(std::int64_t value) const;
  [[nodiscard]] std::optional<std::size_t> find(std::int64_t value) const;

 private:
  std::vector<std::int64_t> values_;
};

}  // namespace arbiter
