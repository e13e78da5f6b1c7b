#pragma once

#include "arbiter/cuda/epilogue_arguments.hpp"
#include "arbiter/cuda/spin_bound.hpp"

namespace arbiter::twoshot {

inline constexpr int max_ranks = 8;

/// The kernel's parameter; plain data, the same for both compilers. Two buffers of slots take turns in each of the
/// areas, whose places depend on the capacity only, never on the message.
struct TwoshotArguments {
  const void* input;           ///< this rank's message
  void* scattered[max_ranks];  ///< by rank: [2 buffers][source rank][owned_slots] of 16 bytes: parts to be summed
  void* gathered[max_ranks];   ///< by rank: [2 buffers][all_slots] of 16 bytes: what owners carried
  void* scalars[max_ranks];    ///< by rank: [2 buffers][all_strips] of 4 bytes: the owners' row scalars
  void* state;                 ///< EpochState of this rank
  std::int64_t owned_slots;
  std::int64_t all_slots;
  std::int64_t all_strips;
  std::int64_t num_tokens;
  std::int64_t hidden_size;
  int vectors_per_row;
  int rank;
  cuda::SpinBound bound;
  cuda::EpilogueArguments epilogue;
};

}  // namespace arbiter::twoshot
