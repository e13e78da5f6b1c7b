// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cuda_common/tile_arguments.hpp"

namespace arbiter::oneshot {

inline constexpr int max_ranks = 8;

/// The parameter of ONESHOT's kernels; plain data, the same for host and device compilers.
struct OneshotArguments : cuda::TileArguments {
  void* slots[max_ranks];         ///< by rank: [2 buffers][source rank][slots_per_source] of 16 bytes
  std::int64_t slots_per_source;  ///< vectors that a rank can send
};

}  // namespace arbiter::oneshot
