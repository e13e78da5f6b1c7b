#pragma once

#include <memory>
#include <span>
#include <string>

#include <cuda_runtime_api.h>

#include "arbiter/cuda/cuda_backend.hpp"
#include "stream.hpp"

namespace arbiter::cuda {

/// A kernel of a cubin, loaded into this process.
class LinkedKernel : public Kernel {
 public:
  /// Throws Error.
  LinkedKernel(std::shared_ptr<Stream> stream, int multiprocessors, std::span<const std::byte> cubin,
               const std::string& entry);
  ~LinkedKernel() override;
  LinkedKernel(const LinkedKernel&) = delete;
  LinkedKernel& operator=(const LinkedKernel&) = delete;

  void launch(const Launch& launch, std::span<void* const> arguments) override;
  [[nodiscard]] int resident_blocks(unsigned block, unsigned shared_bytes) const override;

 private:
  /// More than a kernel gets unasked.
  void allow_shared_bytes(unsigned bytes) const;
  [[nodiscard]] const void* function() const { return kernel_; }

  std::shared_ptr<Stream> stream_;
  int multiprocessors_;
  std::string entry_;
  cudaLibrary_t library_ = nullptr;
  cudaKernel_t kernel_ = nullptr;
  mutable unsigned allowed_shared_bytes_ = 48U * 1024U;
};

}  // namespace arbiter::cuda
