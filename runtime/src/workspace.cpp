// SPDX-License-Identifier: Apache-2.0
#include "workspace.hpp"

#include <algorithm>

#include "decision.hpp"
#include "driver.hpp"

namespace arbiter::runtime {

namespace {

constexpr unsigned char empty_byte = 0xff;
// The counter passes the end of its range soon, so that a fault in wrapping around shows early.
constexpr cuda::EpochState first_state{.epoch = 0xffffff80U, .groups_started = 0, .groups = {}};
constexpr std::int64_t largest_tile = std::int64_t{4} * cuda::TilePlan::largest_block;  // vectors

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

std::int64_t Capacity::rows_per_chunk(const arbiter_operation& operation) const {
  constexpr std::int64_t most_vectors = (std::int64_t{1} << 28) - 1;  // kernels count columns in 31 bits
  const std::int64_t vector = cuda::TilePlan::vector_bytes / bytes_of(operation.dtype);
  if (operation.hidden_size == 0) return std::min(vectors, most_vectors) * vector;
  const std::int64_t most = vectors / ((operation.hidden_size + vector - 1) / vector);
  return operation.fusion == ARBITER_NONE ? most : whole_tiles(operation, std::min(most, rows));
}

std::int64_t whole_tiles(const arbiter_operation& operation, std::int64_t rows) {
  constexpr std::int64_t tile = 128;
  const bool tiled =
      operation.fusion == ARBITER_RESIDUAL_RMS_NORM_QUANT_NVFP4 && operation.scale_layout == ARBITER_SCALES_SWIZZLED;
  return tiled && rows < operation.num_tokens ? rows / tile * tile : rows;
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
