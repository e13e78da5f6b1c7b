// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>

#include "cuda_common/tile_plan.hpp"
#include "twoshot_arguments.hpp"

namespace arbiter::twoshot {

/// The capacity of a workspace per buffer, of which there are two: slots of 16 bytes, and scalars of 4.
struct TwoshotAreas {
  static constexpr std::int64_t buffers = 2;
  static constexpr std::int64_t slot_bytes = 16;
  static constexpr std::int64_t floats_per_row = 2;  ///< the scalar and the maximum

  std::int64_t owned_slots;  ///< per source rank
  std::int64_t all_slots;
  std::int64_t all_scalars;

  [[nodiscard]] static TwoshotAreas of_message(const cuda::TilePlan& plan, int ranks) {
    const std::int64_t rounds = (plan.tiles + ranks - 1) / ranks;
    return {rounds * plan.per_tile, rounds * ranks * plan.per_tile, rounds * ranks * plan.blocks};
  }
  [[nodiscard]] std::int64_t bytes(int ranks) const {
    const std::int64_t floats = buffers * all_scalars * floats_per_row;
    const std::int64_t scalars = (floats * 4 + slot_bytes - 1) / slot_bytes * slot_bytes;
    return buffers * (owned_slots * ranks + all_slots) * slot_bytes + scalars;
  }
  /// Writes the places in the memory of `rank`, which starts at `base`.
  void describe(TwoshotArguments& arguments, int rank, int ranks, void* base) const {
    auto* const bytes = static_cast<std::byte*>(base);
    arguments.scattered[rank] = bytes;
    arguments.gathered[rank] = bytes + buffers * owned_slots * ranks * slot_bytes;
    arguments.scalars[rank] = bytes + buffers * (owned_slots * ranks + all_slots) * slot_bytes;
    arguments.owned_slots = owned_slots;
    arguments.all_slots = all_slots;
    arguments.all_scalars = all_scalars;
  }
};

}  // namespace arbiter::twoshot
