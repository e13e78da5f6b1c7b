#pragma once

/// Messages that are their own flags: a slot of 16 bytes is empty while any of its words is all ones, and whoever wants
/// it polls its own memory until none is. Nothing is fenced, so a push costs one flight over the link.
///
/// All ones is a NaN in every message dtype. A word of a message that happens to be all ones is sent as another NaN,
/// and all NaNs are stored as one, a positive one, so no result depends on it. Words are compared as integers.

#include "arbiter/cuda/element.cuh"
#include "arbiter/cuda/pdl.cuh"
#include "arbiter/cuda/spin.cuh"
#include "cuda_common/epoch_state.hpp"

namespace arbiter::cuda {

inline constexpr std::uint32_t empty_word = 0xffffffffU;

__device__ __forceinline__ bool is_full(const Packed& slot) {
  // A vector may arrive in parts.
  return slot.word[0] != empty_word && slot.word[1] != empty_word && slot.word[2] != empty_word &&
         slot.word[3] != empty_word;
}

__device__ __forceinline__ Packed without_empty_words(Packed value) {
#pragma unroll
  for (int i = 0; i < 4; ++i) {
    // Compilers make two instructions of min().
    asm("min.u32 %0, %0, %1;" : "+r"(value.word[i]) : "n"(empty_word - 1));
  }
  return value;
}

/// Stores into memory of any rank; `value` has no empty words.
__device__ __forceinline__ void push(Packed* slot, const Packed& value) {
  asm volatile("st.relaxed.sys.global.v4.u32 [%0], {%1, %2, %3, %4};" ::"l"(slot), "r"(value.word[0]),
               "r"(value.word[1]), "r"(value.word[2]), "r"(value.word[3])
               : "memory");
}

/// One look at a slot of this rank.
__device__ __forceinline__ Packed look(const Packed* slot) {
  Packed value;
  asm volatile("ld.relaxed.sys.global.v4.u32 {%0, %1, %2, %3}, [%4];"
               : "=r"(value.word[0]), "=r"(value.word[1]), "=r"(value.word[2]), "=r"(value.word[3])
               : "l"(slot)
               : "memory");
  return value;
}

/// Waits for a vector of `peer` in a slot of this rank; zeros for a lane that does not want one. Convergent: a warp
/// waits as one, since lanes that went on by themselves, as their vectors come in, would take turns with all that
/// follows.
__device__ __forceinline__ Packed wait_for_vector(const Packed* slot, bool wanted, int peer, const SpinBound& bound,
                                                  std::uint32_t epoch) {
  Spin spin(bound);
  Packed value = zeros();
  if (wanted) value = look(slot);
  while (!__all_sync(0xffffffffU, is_full(value))) {
    if (spin.is_due() && spin.warp_gives_up(!is_full(value), peer, epoch)) break;
    if (wanted) value = look(slot);
  }
  return value;
}

/// Empties a slot of this rank for the operation after the next.
__device__ __forceinline__ void clear(Packed* slot) {
  *reinterpret_cast<uint4*>(slot) = make_uint4(empty_word, empty_word, empty_word, empty_word);
}

/// The same with four bytes: a float that is no all-ones NaN.
__device__ __forceinline__ void push(float* slot, float value) {
  const std::uint32_t bits = value == value ? __float_as_uint(value) : 0x7fc00000U;
  asm volatile("st.relaxed.sys.global.u32 [%0], %1;" ::"l"(slot), "r"(bits) : "memory");
}
__device__ __forceinline__ std::uint32_t look(const float* slot) {
  std::uint32_t bits;
  asm volatile("ld.relaxed.sys.global.u32 %0, [%1];" : "=r"(bits) : "l"(slot) : "memory");
  return bits;
}
__device__ __forceinline__ void clear(float* slot) { *reinterpret_cast<std::uint32_t*>(slot) = empty_word; }

/// By one thread of each block: true for the last of the grid. Counters are 0 again then.
__device__ __forceinline__ bool is_last_to_start(EpochState* state) {
  // Up to here one counter is quicker than two.
  constexpr unsigned few = 256;
  const unsigned groups = gridDim.x > few ? EpochState::group_count : 1;
  const unsigned group = blockIdx.x % groups;
  const unsigned blocks = (gridDim.x - group + groups - 1) / groups;
  if (atomicInc(&state->groups[group].blocks_started, blocks - 1) != blocks - 1) return false;
  return groups == 1 || atomicInc(&state->groups_started, groups - 1) == groups - 1;
}

/// The number of this operation. All threads of every block call it first thing: it moves the number on for the next
/// kernel and lets that start. One thread of a block says so for the block, after the number has moved: the next
/// kernel's blocks start when all blocks have, and so find their own number. Then come what can be known about the
/// operation without its input, which is hidden behind the kernel in front, and pdl_wait().
__device__ __forceinline__ std::uint32_t start_operation(EpochState* state) {
  volatile std::uint32_t* const next = &state->epoch;
  const std::uint32_t epoch = *next;
  __syncthreads();
  if (threadIdx.x == 0) {
    if (is_last_to_start(state)) {
      *next = epoch + 1;
      __threadfence();
    }
    pdl_trigger();
  }
  return epoch;
}

}  // namespace arbiter::cuda
