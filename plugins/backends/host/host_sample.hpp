#pragma once

#include <chrono>

#include "arbiter/backend.hpp"

namespace arbiter::host {

/// A barrier, then a monotonic clock around the runs.
class HostSample : public Sample {
 public:
  HostSample(Operation& operation, const Bindings& bindings, std::int64_t iterations_per_sample)
      : operation_(operation), bindings_(bindings), iterations_per_sample_(iterations_per_sample) {}

  [[nodiscard]] double time(ProcessGroup& group) override {
    group.barrier();
    const auto start = std::chrono::steady_clock::now();
    for (std::int64_t run = 0; run < iterations_per_sample_; ++run) operation_.enqueue(bindings_);
    return std::chrono::duration<double, std::micro>(std::chrono::steady_clock::now() - start).count();
  }

 private:
  Operation& operation_;
  Bindings bindings_;
  std::int64_t iterations_per_sample_;
};

}  // namespace arbiter::host
