// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "arbiter/backend.hpp"
#include "arbiter/process_group.hpp"
#include "support/strategies_trial.hpp"

namespace arbiter::testing {

/// A Trial in device memory. Outputs that do not depend on a sum over the row (`reduced`, `residual_out`) must have the
/// bits of the host's sum in rank order. The row's sum has another order on a device, so the other outputs may be one
/// step away in the first run; from then on they must have the bits that all ranks had in it.
class DeviceTrial {
 public:
  /// Every tensor and the message start `offset` elements after a 256-byte boundary.
  DeviceTrial(Backend& backend, const Problem& problem, const Fusion& fusion, Data data, std::uint64_t seed,
              int offset = 0);

  [[nodiscard]] const Problem& problem() const { return trial_.problem(); }
  [[nodiscard]] Bindings bindings() const { return {at(input_), pointers_}; }
  void poison_outputs();
  /// After an operation, which must not read the message any more.
  void spoil_input();
  void restore_input();

  /// What is wrong with the outputs, or empty.
  [[nodiscard]] std::string difference() const;
  /// Collective, once: the current outputs are the expected ones from now on. Returns how the ranks differ, or empty.
  [[nodiscard]] std::string settle(ProcessGroup& group);

  struct Comparison {
    const void* actual;
    const void* wanted;
    std::int64_t bytes;
    std::uint32_t tensor;
  };
  /// For comparisons by a kernel; only after settle().
  [[nodiscard]] std::vector<Comparison> comparisons() const;
  [[nodiscard]] std::string tensor_name(std::uint32_t tensor) const { return trial_.specs()[tensor].name; }

 private:
  using Bytes = std::vector<std::byte>;

  [[nodiscard]] void* at(std::size_t offset) const { return static_cast<std::byte*>(memory_->data()) + offset; }
  [[nodiscard]] bool is_output(std::size_t tensor) const;
  [[nodiscard]] Bytes output(std::size_t tensor) const;
  [[nodiscard]] std::string first_difference(std::size_t tensor, const Bytes& actual) const;

  Backend& backend_;
  Trial trial_;
  int offset_;
  std::size_t input_ = 0;
  std::vector<std::size_t> places_;         // of tensors
  std::vector<std::size_t> wanted_places_;  // of what outputs are to hold
  std::vector<Bytes> wanted_;
  std::unique_ptr<Buffer> memory_;
  std::vector<void*> pointers_;
  bool settled_ = false;
};

}  // namespace arbiter::testing
