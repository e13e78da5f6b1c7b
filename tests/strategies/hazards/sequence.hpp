// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "arbiter/cuda/cuda_backend.hpp"
#include "strategies/hazards/device_trial.hpp"

namespace arbiter::testing {

/// A prepared operation and its tensors.
struct Step {
  Operation* operation;
  DeviceTrial* trial;
};

/// A sequence of operations as one operation, with comparisons of outputs and pauses between some of them, in different
/// places on each rank.
class Sequence : public Operation {
 public:
  /// The kernels are hazard_compare and hazard_delay.
  Sequence(Backend& backend, std::shared_ptr<cuda::Kernel> compare, std::shared_ptr<cuda::Kernel> delay);

  /// The steps of the next enqueue(); trials are settled.
  void set(std::vector<Step> steps, std::uint64_t seed) {
    steps_ = std::move(steps);
    random_.seed(seed);
  }
  /// One step in `compared` is compared and one in `delayed` is preceded by a pause of up to that long; 0: none.
  void disturb(unsigned compared, unsigned delayed, std::uint64_t most_nanoseconds) {
    compared_ = compared;
    delayed_ = delayed;
    most_nanoseconds_ = most_nanoseconds;
  }

  void enqueue(const Bindings& unused) override;
  /// Collective. Runs the sequence `replays` times, with or without a graph; returns what is wrong on this rank, or
  /// empty.
  [[nodiscard]] std::string failure(ProcessGroup& group, bool graph, int replays = 1);

 private:
  [[nodiscard]] bool one_in(unsigned count) { return count != 0 && random_() % count == 0; }
  /// What the comparisons so far found, or empty.
  [[nodiscard]] std::string difference() const;
  void compare(std::uint32_t step);
  void delay();

  Backend& backend_;
  std::shared_ptr<cuda::Kernel> compare_;
  std::shared_ptr<cuda::Kernel> delay_;
  std::unique_ptr<Buffer> record_;
  std::vector<Step> steps_;
  std::mt19937_64 random_;
  unsigned compared_ = 16;
  unsigned delayed_ = 0;
  std::uint64_t most_nanoseconds_ = 0;
};

}  // namespace arbiter::testing
