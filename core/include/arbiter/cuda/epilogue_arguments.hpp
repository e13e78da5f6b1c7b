// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

namespace arbiter::cuda {

/// What a device epilogue works on. Plain data with the same layout for host and device compilers; a kernel takes it by
/// value, as a __grid_constant__ parameter or a member of one. Host code makes it with cuda::epilogue_arguments().
struct EpilogueArguments {
  static constexpr int max_tensors = 8;
  static constexpr int max_scalars = 8;

  void* tensors[max_tensors];  ///< device addresses: Bindings::tensors, in the order of Fusion::tensors()
  float scalars[max_scalars];  ///< DeviceEpilogue::scalars; the meaning is the fusion's
  std::int64_t num_tokens;     ///< rows of the message
  std::int64_t hidden_size;    ///< elements per row
};

}  // namespace arbiter::cuda
