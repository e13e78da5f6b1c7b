#pragma once

#include <map>
#include <memory>
#include <span>
#include <string>

#include "arbiter/cuda/cuda_backend.hpp"
#include "link/cubin_cache.hpp"
#include "linked_kernel.hpp"
#include "stream.hpp"

namespace arbiter::cuda {

/// The kernels of one device; each is linked and loaded once.
class Kernels {
 public:
  Kernels(std::shared_ptr<Stream> stream, int device);

  /// Throws Error with the linker's words.
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

/// 90 for sm_90. Makes no context. Throws Error.
[[nodiscard]] int sm_version_of(int device);

}  // namespace arbiter::cuda
