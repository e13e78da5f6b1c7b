// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cuda_common/tile_arguments.hpp"

namespace arbiter::twoshot {

inline constexpr int max_ranks = 8;

/// The parameter of TWOSHOT's kernels; plain data, the same for host and device compilers. Each of the three areas has
/// two buffers of slots. Their places depend on the workspace's capacity, not on the message, so that operations of any
/// shapes alternate between the same two buffers.
struct TwoshotArguments : cuda::TileArguments {
  void* scattered[max_ranks];  ///< by rank: [2 buffers][source rank][owned_slots] of 16 bytes: vectors to be summed by
                               ///< that rank
  void* gathered[max_ranks];   ///< by rank: [2 buffers][all_slots] of 16 bytes: epilogue_state from the owners
  void* scalars[max_ranks];    ///< by rank: [scalar, maximum][2 buffers][all_scalars] of 4 bytes: from the owners
  std::int64_t owned_slots;    ///< vectors of the tiles that a rank owns
  std::int64_t all_slots;      ///< vectors of all tiles
  std::int64_t all_scalars;    ///< one per tile and block of it
};

}  // namespace arbiter::twoshot
