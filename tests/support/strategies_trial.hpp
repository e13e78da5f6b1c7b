// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "arbiter/fusion.hpp"
#include "arbiter/problem.hpp"
#include "arbiter/strategy.hpp"

namespace arbiter::testing {

enum class Data {
  random,
  special_values,  ///< NaN, infinities, both zeros, subnormals, the largest values and any other bits among random ones
  whole,           ///< small whole numbers: every order and every rounding gives the same sum
  /// Every other row is made of 32-bit words that are all ones (an empty slot of CUDA's kernels), next to all ones, or
  /// half of it; where one rank has them, the others often have them too.
  ones,
};

/// One problem with the messages of all ranks: runs an operation on this rank's and says how the outputs differ from
/// those of a sum in rank order in fp32, row by row through the fusion's epilogue.
class Trial {
 public:
  Trial(Problem problem, const Fusion& fusion, Data data, std::uint64_t seed);

  /// Poisons the outputs, runs, and spoils the input, which the rank may write again. Empty if all is well.
  [[nodiscard]] std::string difference_after(Operation& operation);

  [[nodiscard]] const Problem& problem() const { return problem_; }
  [[nodiscard]] Bindings bindings() const { return {input_.data(), pointers_}; }
  [[nodiscard]] const std::vector<TensorSpec>& specs() const { return specs_; }
  [[nodiscard]] const std::vector<std::byte>& message() const { return own_message_; }
  /// What every tensor holds after the operation, in the order of specs(); outputs with the guard behind them.
  [[nodiscard]] const std::vector<std::vector<std::byte>>& expected() const { return expected_; }
  /// A hash of all outputs, to be compared between ranks.
  [[nodiscard]] std::uint64_t fingerprint() const;

 private:
  using Bytes = std::vector<std::byte>;

  void make_expectation(const std::vector<Bytes>& messages);
  [[nodiscard]] std::string first_difference(std::size_t tensor) const;

  Problem problem_;
  const Fusion& fusion_;
  std::vector<TensorSpec> specs_;
  Bytes own_message_;
  Bytes input_;
  std::vector<Bytes> tensors_;  ///< outputs are followed by a guard
  std::vector<void*> pointers_;
  std::vector<Bytes> expected_;
};

}  // namespace arbiter::testing
