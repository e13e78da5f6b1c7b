// SPDX-License-Identifier: Apache-2.0
#include "workspace.hpp"

#include <algorithm>

#include "driver.hpp"

namespace arbiter::runtime {

namespace {

constexpr unsigned char empty_byte = 0xff;
// The counter passes the end of its range soon, so that a fault in wrapping around shows early.
constexpr cuda::EpochState first_state{.epoch = 0xffffff80U, .groups_started = 0, .groups = {}};
constexpr std::int64_t largest_tile = 4 * cuda::TilePlan::largest_block;  // vectors

}  // namespace

Workspace::Workspace(CUdevice device, RankGroup& group, std::size_t bytes) : slots_(device, group, bytes, empty_byte) {
  // All ranks' slots are empty when they agree.
  group.agree([&] {
    const Driver& cuda = driver();
    cuda.check(cuda.allocate(&state_, sizeof first_state), "allocate device memory");
    cuda.check(cuda.copy_in(state_, &first_state, sizeof first_state), "copy to the device");
    cuda.check(cuda.stream_synchronize(nullptr), "copy to the device");
  });
}

Workspace::~Workspace() {
  if (state_ != 0) static_cast<void>(driver().free(state_));
}

Capacity Capacity::of_bytes(std::int64_t bytes) {
  const std::int64_t vectors = (bytes + cuda::TilePlan::vector_bytes - 1) / cuda::TilePlan::vector_bytes;
  // Rows of 256 bytes on average; more and narrower ones go in chunks.
  return {std::max<std::int64_t>(vectors, largest_tile), std::max<std::int64_t>(vectors / 16, 1024)};
}

// The last tile may be partial.
std::int64_t Capacity::oneshot_slots() const { return vectors + largest_tile; }

std::int64_t Capacity::oneshot_bytes(int ranks) const {
  return twoshot::TwoshotAreas::buffers * ranks * oneshot_slots() * twoshot::TwoshotAreas::slot_bytes;
}

twoshot::TwoshotAreas Capacity::twoshot_areas(int ranks) const {
  const std::int64_t all = vectors + (ranks + 1) * largest_tile;
  constexpr std::int64_t most_blocks = 4;  // of a row
  return {all / ranks + largest_tile, all, (rows + ranks) * most_blocks};
}

}  // namespace arbiter::runtime
