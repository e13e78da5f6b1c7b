#pragma once

#include <memory>

#include "arbiter/backend.hpp"
#include "memory_pool.hpp"

namespace arbiter::cuda {

/// Device memory, page-aligned. Where the driver allows it, made so that communication libraries can register it
/// (NCCL's symmetric windows take no cudaMalloc'd memory), from the pool and back to it. Throws Error: bytes asked,
/// bytes free.
[[nodiscard]] std::unique_ptr<Buffer> make_device_buffer(int device, const std::shared_ptr<MemoryPool>& pool,
                                                         std::size_t bytes);

}  // namespace arbiter::cuda
