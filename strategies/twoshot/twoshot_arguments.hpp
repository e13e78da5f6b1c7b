#pragma once

#include "cuda_common/tile_arguments.hpp"

namespace arbiter::twoshot {

inline constexpr int max_ranks = 8;

/// The kernel's parameter; plain data, the same for both compilers. Two buffers of slots take turns in each of the
/// areas, whose places depend on the capacity only, never on the message.
struct TwoshotArguments : cuda::TileArguments {
  void* scattered[max_ranks];  ///< by rank: [2 buffers][source rank][owned_slots] of 16 bytes: parts to be summed
  void* gathered[max_ranks];   ///< by rank: [2 buffers][all_slots] of 16 bytes: what owners epilogue_state
  void* scalars[max_ranks];    ///< by rank: [2 buffers][all_scalars] of 4 bytes: the owners' row scalars
  std::int64_t owned_slots;
  std::int64_t all_slots;
  std::int64_t all_scalars;  ///< one for each block of a tile
};

}  // namespace arbiter::twoshot
