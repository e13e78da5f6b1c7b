#pragma once

#include <cstdint>

namespace arbiter::cuda {

/// What a device epilogue works on; a kernel parameter, by value. Plain data, the same for host and device compilers.
struct EpilogueArguments {
  static constexpr int max_tensors = 8;
  static constexpr int max_scalars = 8;

  void* tensors[max_tensors];  ///< Bindings::tensors, in the order of Fusion::tensors()
  float scalars[max_scalars];  ///< DeviceEpilogue::scalars
  std::int64_t num_tokens;
  std::int64_t hidden_size;
};

}  // namespace arbiter::cuda
