#pragma once

#include <cstdint>

#include "arbiter/cuda/epilogue_arguments.hpp"
#include "arbiter/cuda/spin_bound.hpp"

namespace arbiter::cuda {

/// What every kernel over tiles is told (arbiter/cuda/message_layout.cuh): the base of its parameter. Plain data, the
/// same for host and device compilers.
struct TileArguments {
  const void* input;  ///< this rank's message; a row is `vectors_per_row` vectors, the last of which may be partial
  void* state;        ///< EpochState of this rank
  std::int64_t num_tokens;
  std::int64_t hidden_size;
  std::uint32_t vectors_per_row;
  int rank;
  SpinBound bound;
  EpilogueArguments epilogue;
};

}  // namespace arbiter::cuda
