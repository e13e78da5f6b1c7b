// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

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
  /// Waits for the result.
  [[nodiscard]] std::uint64_t fingerprint(const void* data, std::size_t bytes);

 private:
  [[nodiscard]] Kernel& kernel(std::shared_ptr<Kernel>& kernel, const char* entry);

  CudaBackend& backend_;
  int device_;
  std::shared_ptr<Kernel> neighbour_;
  std::shared_ptr<Kernel> product_rate_;
  std::shared_ptr<Kernel> fingerprint_;
  std::unique_ptr<Buffer> weights_;
  std::unique_ptr<Buffer> result_;  ///< eight bytes, for what the kernels write
  std::size_t weights_at_ = 0;
  double cycles_per_us_ = 0.0;  ///< of the multiprocessors at their highest clock; 0 before prepare()
  double product_flops_ = 0.0;
};

/// The clock of a device now, from NVIDIA's management library; nothing is known where that is missing.
[[nodiscard]] SpeedState speed_state_of(int device);

}  // namespace arbiter::cuda
