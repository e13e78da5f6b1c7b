#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

namespace arbiter {

/// Ascending values along one side of a grid.
class LogAxis {
 public:
  LogAxis() = default;
  /// In any order, repeated or not.
  explicit LogAxis(std::vector<std::int64_t> values);

  [[nodiscard]] std::size_t size() const { return values_.size(); }
  [[nodiscard]] std::int64_t operator[](std::size_t index) const { return values_[index]; }
  [[nodiscard]] const std::vector<std::int64_t>& values() const { return values_; }

  [[nodiscard]] std::optional<std::size_t> find(std::int64_t value) const;
  /// The lines on both sides of a value; twice the same one if it is on it or beyond the ends. The axis is not empty.
  [[nodiscard]] std::array<std::size_t, 2> around(std::int64_t value) const;

 private:
  std::vector<std::int64_t> values_;
};

}  // namespace arbiter
