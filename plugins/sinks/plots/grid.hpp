// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "arbiter/dataset.hpp"
#include "arbiter/tensor.hpp"

namespace arbiter::plots {

/// The measurements of one strategy at one shape.
struct Timing {
  bool failed = false;  ///< a row failed, and none is usable
  std::optional<double> time_us;
  std::optional<double> lower_bound_us;  ///< of the row that `time_us` is from
};

/// The rows of one fusion, one tp_size and one dtype on a grid of shapes: row 0 is the largest hidden size, column 0
/// the fewest tokens.
class Grid {
 public:
  /// Throws DataError: no such fusion, several tp sizes.
  Grid(const Dataset& dataset, const std::string& fusion);

  /// "tp 4, bfloat16, sm90, engine".
  [[nodiscard]] std::string caption() const;
  [[nodiscard]] const std::vector<std::int64_t>& hidden_sizes() const { return hidden_sizes_; }  ///< descending
  [[nodiscard]] const std::vector<std::int64_t>& num_tokens() const { return num_tokens_; }      ///< ascending
  [[nodiscard]] const std::vector<std::string>& strategies() const { return strategies_; }       ///< with AUTO
  [[nodiscard]] std::size_t shapes() const { return hidden_sizes_.size() * num_tokens_.size(); }

  /// `shape` is a row-major index.
  [[nodiscard]] const Timing& timing(std::size_t strategy, std::size_t shape) const {
    return timings_[strategy][shape];
  }
  /// Of a strategy at a shape; nothing where the grid has no time for it.
  [[nodiscard]] std::optional<double> time_of(const std::string& strategy, std::int64_t hidden_size,
                                              std::int64_t num_tokens) const;
  /// The fastest strategy, the first on a tie; AUTO, which is measured last, may be it.
  [[nodiscard]] std::optional<std::size_t> best(std::size_t shape) const;
  /// Whether a strategy failed at a shape.
  [[nodiscard]] bool any_failed(std::size_t shape) const;

 private:
  void place(const Measurement& row);

  int tp_size_ = 0;
  DType dtype_{};
  std::string platform_;
  std::string context_;
  std::vector<std::int64_t> hidden_sizes_;
  std::vector<std::int64_t> num_tokens_;
  std::vector<std::string> strategies_;
  std::vector<std::vector<Timing>> timings_;
};

}  // namespace arbiter::plots
