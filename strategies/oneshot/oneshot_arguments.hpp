#pragma once

#include "arbiter/cuda/epilogue_arguments.hpp"
#include "arbiter/cuda/spin_bound.hpp"

namespace arbiter::oneshot {

inline constexpr int max_ranks = 8;

/// The kernel's parameter; plain data, the same for both compilers.
struct OneshotArguments {
  const void* input;       ///< this rank's message
  void* slots[max_ranks];  ///< by rank: [2 buffers][source rank][slots_per_source] of 16 bytes
  void* state;             ///< EpochState of this rank
  std::int64_t slots_per_source;
  std::int64_t num_tokens;
  std::int64_t hidden_size;
  int vectors_per_row;
  int rank;
  cuda::SpinBound bound;
  cuda::EpilogueArguments epilogue;
};

}  // namespace arbiter::oneshot
