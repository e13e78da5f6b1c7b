#pragma once

#include <memory>
#include <span>
#include <string>

#include <cuda_runtime_api.h>

#include "arbiter/cuda/cuda_backend.hpp"
#include "stream.hpp"

namespace arbiter::cuda {

/// Of a device.
struct Multiprocessors {
  int count;
  unsigned shared_bytes;  ///< of each
};

/// A kernel of a cubin, loaded into this process.
class LinkedKernel : public Kernel {
 public:
  /// Throws Error.
  LinkedKernel(std::shared_ptr<Stream> stream, const Multiprocessors& multiprocessors, std::span<const std::byte> cubin,
               const std::string& entry);
  ~LinkedKernel() override;
  LinkedKernel(const LinkedKernel&) = delete;
  LinkedKernel& operator=(const LinkedKernel&) = delete;

  void launch(const Launch& launch, std::span<void* const> arguments) override;
  [[nodiscard]] int resident_blocks(const Launch& launch) const override;

 private:
  /// What a launch takes; asked for if it is more than a kernel gets unasked.
  [[nodiscard]] unsigned shared_bytes(const Launch& launch) const;
  [[nodiscard]] const void* function() const { return kernel_; }

  std::shared_ptr<Stream> stream_;
  Multiprocessors multiprocessors_;
  std::string entry_;
  cudaLibrary_t library_ = nullptr;
  cudaKernel_t kernel_ = nullptr;
  mutable unsigned allowed_shared_bytes_ = 48U * 1024U;
};

}  // namespace arbiter::cuda
