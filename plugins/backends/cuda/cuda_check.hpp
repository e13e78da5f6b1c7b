#pragma once

#include <string>

#include <cuda_runtime_api.h>

namespace arbiter::cuda {

/// Throws Error with CUDA's words if `code` is an error: "<action>: an illegal memory access was encountered
/// (cudaErrorIllegalAddress)". Says so where the device is lost to this process.
void check(cudaError_t code, const std::string& action);

/// CUDA's words for an error: "out of memory (cudaErrorMemoryAllocation)".
[[nodiscard]] std::string words_of(cudaError_t code);

/// Whether a sticky error was seen: is_sticky().
[[nodiscard]] bool device_is_lost();

/// Whether work that never ends keeps the device: then nothing may wait for it any more, and memory cannot be freed.
[[nodiscard]] bool device_is_stuck();
void device_got_stuck();

/// Waits until the device is idle, unless it is stuck. Whether memory may be given back.
bool device_became_idle() noexcept;

/// Whether no call of this process can succeed after it.
[[nodiscard]] bool is_sticky(cudaError_t code);

}  // namespace arbiter::cuda
