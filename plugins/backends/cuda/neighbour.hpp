// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "arbiter/cuda/cuda_backend.hpp"

namespace arbiter::cuda {

/// The kernels of neighbour.cu on one device, and the weights that neighbours read. Made on first use.
class Neighbours {
 public:
  explicit Neighbours(CudaBackend& backend, int device) : backend_(backend), device_(device) {}

  /// Makes sure that enqueue() has weights for this neighbour, and none of them is in a cache when it comes to them
  /// again. Enqueued launches of earlier calls must be done. Throws Error that names the bytes.
  void prepare(const Neighbour& neighbour);
  /// Enqueues one neighbour on the backend's stream; the n-th call since prepare() reads the n-th part of the weights.
  void enqueue(const Neighbour& neighbour, const Iteration& iteration, bool early);

  /// Operations per second of a product of bfloat16 or float16; measured once, for a millisecond.
  [[nodiscard]] double product_flops();
  /// One of each range, which begins anywhere; waits once.
  [[nodiscard]] std::vector<std::uint64_t> fingerprints(std::span<const MemoryRange> ranges);

 private:
  [[nodiscard]] Kernel& kernel(std::shared_ptr<Kernel>& kernel, const char* entry);

  CudaBackend& backend_;
  int device_;
  std::shared_ptr<Kernel> neighbour_;
  std::shared_ptr<Kernel> product_rate_;
  std::shared_ptr<Kernel> fingerprint_;
  std::unique_ptr<Buffer> weights_;
  std::unique_ptr<Buffer> result_;  ///< eight bytes, for what the kernels write
  std::unique_ptr<Buffer> sums_;    ///< of fingerprints(), eight bytes each
  std::size_t weights_at_ = 0;
  double cycles_per_us_ = 0.0;  ///< of the multiprocessors at their highest clock; 0 before prepare()
  double product_flops_ = 0.0;
};

/// The clock of a device now, from NVIDIA's management library; nothing is known where that is missing.
[[nodiscard]] SpeedState speed_state_of(int device);

}  // namespace arbiter::cuda
