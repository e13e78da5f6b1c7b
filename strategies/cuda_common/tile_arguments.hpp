// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "arbiter/cuda/epilogue_arguments.hpp"
#include "arbiter/cuda/spin_bound.hpp"

/// What host and device code of the strategies share; plain data, the same for both compilers.
namespace arbiter::cuda {

/// When the next kernel of the stream may start (cuda_common/neighbours.cuh).
enum class Trigger : int { early, late, none };

/// The base of the parameter of every kernel over tiles (cuda_common/tiles.cuh).
struct TileArguments {
  const void* input;  ///< this rank's message: [num_tokens, hidden_size]
  void* state;        ///< this rank's EpochState
  std::int64_t num_tokens;
  std::int64_t hidden_size;
  std::uint32_t vectors_per_row;  ///< of 16 bytes; the last may be partial
  int rank;
  Trigger trigger;
  SpinBound bound;
  EpilogueArguments epilogue;
};

/// The number of the next operation, and how many blocks of the current one have started. In memory of the rank, zero
/// at first except `epoch`, which may start anywhere. Every rank counts the same operations, so epochs agree.
struct EpochState {
  /// Atomic additions to one address are serialised, 2.7 ns each, so large grids count in groups. Each counter has its
  /// own 32-byte sector.
  struct alignas(32) Group {
    std::uint32_t blocks_started;
  };
  static constexpr unsigned group_count = 32;

  std::uint32_t epoch;
  std::uint32_t groups_started;
  Group groups[group_count];
};

}  // namespace arbiter::cuda
