// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "arbiter/fusion.hpp"

namespace arbiter {

/// One problem of a fusion in host memory: reduced rows in fp32, random inputs, and outputs filled with 0xff. A guard
/// follows every tensor.
class FusionTrial {
 public:
  /// With `special_values` the rows have, in turn, NaN, infinities, zeros, subnormals, the largest values, random
  /// numbers.
  FusionTrial(const Fusion& fusion, const Problem& problem, std::uint64_t seed, bool special_values);

  [[nodiscard]] const std::vector<TensorSpec>& specs() const { return specs_; }
  [[nodiscard]] const Problem& problem() const { return problem_; }
  [[nodiscard]] Bindings bindings() const { return {nullptr, pointers_}; }

  void begin(const HostEpilogue& epilogue, std::int64_t row);
  void finish(const HostEpilogue& epilogue, std::int64_t row);
  /// Finishes the row with its epilogue state in the same row of output tensor `tensor`.
  void finish_in_place(const HostEpilogue& epilogue, std::int64_t row, std::size_t tensor);
  /// Begins and finishes every row.
  void run(const HostEpilogue& epilogue);

  /// Throws ContractViolation where Fusion::check_row() is above 1, naming the row, its special values and, if
  /// wrong_value() knows it, the value.
  void expect_correct() const;
  /// Throws ContractViolation if an input or a guard was written to.
  void expect_untouched() const;
  /// Throws ContractViolation if any output was written to. `by` is the function that ran.
  void expect_outputs_untouched(const std::string& by) const;
  /// The bytes of all outputs.
  [[nodiscard]] std::vector<std::byte> outputs() const;
  /// Fusion::check_row() of a row whose sum is exact, so that only the epilogue's own rounding is allowed.
  [[nodiscard]] double check(std::int64_t row) const;
  /// Overwrites an output with 0xff.
  void poison_output(std::size_t tensor);

 private:
  using Bytes = std::vector<std::byte>;

  [[nodiscard]] std::vector<double> exact_sum(std::int64_t row) const;
  void fill_sums(std::uint64_t seed);

  const Fusion& fusion_;
  Problem problem_;
  bool special_values_;
  std::vector<TensorSpec> specs_;
  std::vector<Bytes> tensors_;
  std::vector<Bytes> initial_;
  std::vector<void*> pointers_;
  std::vector<std::vector<float>> sums_;  // by row
  std::vector<Bytes> epilogue_state_;     // by row
  std::vector<float> scalars_;            // by row
};

}  // namespace arbiter
