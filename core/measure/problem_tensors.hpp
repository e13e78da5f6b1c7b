// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "arbiter/backend.hpp"
#include "arbiter/fusion.hpp"
#include "arbiter/problem.hpp"
#include "arbiter/tensor.hpp"
#include "measure/random_data.hpp"

namespace arbiter {

/// The memory of one problem on one rank: the message and the fusion's tensors, inputs filled with random data. A guard
/// follows every output; a correct operation does not write to it.
class ProblemTensors {
 public:
  ProblemTensors(const Problem& problem, const Fusion& fusion, Backend& backend, int rank, const TestData& data);

  [[nodiscard]] Bindings bindings() const { return {input_->data(), pointers_}; }
  [[nodiscard]] const std::vector<TensorSpec>& specs() const { return specs_; }
  [[nodiscard]] const TestData& data() const { return data_; }

  /// Overwrites every output and its guard, so that verification finds elements that are not written.
  void poison_outputs();

  /// Whether the message is unchanged: operations only read it.
  [[nodiscard]] bool input_is_intact() const;

  /// Copies all tensors but the message to host memory. `guards_intact`: no guard was overwritten.
  struct HostCopy {
    std::vector<std::vector<std::byte>> storage;
    std::vector<void*> pointers;
    bool guards_intact = true;
  };
  [[nodiscard]] HostCopy copy_out() const;

  /// Bytes one rank needs for a problem.
  [[nodiscard]] static std::int64_t bytes_needed(const Problem& problem, const Fusion& fusion);

 private:
  /// This rank's message, as it was made.
  [[nodiscard]] std::vector<std::byte> message() const;

  Backend& backend_;
  Problem problem_;
  int rank_;
  TestData data_;
  std::vector<TensorSpec> specs_;
  std::unique_ptr<Buffer> input_;
  std::vector<std::unique_ptr<Buffer>> buffers_;
  std::vector<void*> pointers_;
};

}  // namespace arbiter
