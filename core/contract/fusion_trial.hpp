#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "arbiter/fusion.hpp"

namespace arbiter {

/// A fusion at work on one problem in host memory: reduced rows in fp32, random inputs, poisoned outputs with a guard.
class FusionTrial {
 public:
  /// With `special_values`, row by row: NaN, an infinity, zeros, subnormals, the largest values, random numbers.
  FusionTrial(const Fusion& fusion, const Problem& problem, std::uint64_t seed, bool special_values);

  [[nodiscard]] const std::vector<TensorSpec>& specs() const { return specs_; }
  [[nodiscard]] const Problem& problem() const { return problem_; }
  [[nodiscard]] Bindings bindings() const { return {nullptr, pointers_}; }

  void begin(const HostEpilogue& epilogue, std::int64_t row);
  void finish(const HostEpilogue& epilogue, std::int64_t row);
  /// Finishes the row from memory that is a row of output tensor `tensor` itself.
  void finish_in_place(const HostEpilogue& epilogue, std::int64_t row, std::size_t tensor);
  /// Begins and finishes every row.
  void run(const HostEpilogue& epilogue);
  void poison_outputs();

  /// The worst of Fusion::check_row() over all rows; throws ContractViolation naming the row where it is above 1.
  void expect_right() const;
  /// Throws ContractViolation if an input or anything behind a tensor was written to.
  void expect_untouched() const;
  /// Throws ContractViolation if any output was written to since the last poison_outputs().
  void expect_outputs_untouched(const std::string& by) const;
  /// All bytes of all outputs.
  [[nodiscard]] std::vector<std::byte> outputs() const;
  [[nodiscard]] double check(std::int64_t row) const;
  void poison_output(std::size_t tensor);

 private:
  using Bytes = std::vector<std::byte>;

  void fill_sums(std::uint64_t seed, bool special_values);

  const Fusion& fusion_;
  Problem problem_;
  std::vector<TensorSpec> specs_;
  std::vector<Bytes> tensors_;
  std::vector<Bytes> inputs_as_made_;
  std::vector<void*> pointers_;
  std::vector<std::vector<float>> sums_;  // by row
  std::vector<Bytes> epilogue_state_;     // by row
  std::vector<float> scalars_;            // by row
};

}  // namespace arbiter
