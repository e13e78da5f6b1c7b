// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <memory>
#include <span>
#include <string>

#include "arbiter/cuda/cuda_backend.hpp"
#include "link/cubin_cache.hpp"
#include "stream.hpp"

namespace arbiter::cuda {

struct Multiprocessors {
  int count;
  unsigned shared_bytes;  ///< shared memory of each
};

/// The kernels of one device; each is linked and loaded once.
class Kernels {
 public:
  /// Throws Error.
  Kernels(std::shared_ptr<Stream> stream, int device);

  /// As CudaBackend::link().
  [[nodiscard]] std::shared_ptr<Kernel> link(std::span<const DeviceCode> parts, const std::string& entry);

  [[nodiscard]] int sm_version() const { return sm_version_; }
  [[nodiscard]] int multiprocessors() const { return multiprocessors_.count; }

 private:
  std::shared_ptr<Stream> stream_;
  int sm_version_;
  Multiprocessors multiprocessors_;
  CubinCache cache_;
  std::map<std::string, std::shared_ptr<Kernel>> loaded_;
};

}  // namespace arbiter::cuda
