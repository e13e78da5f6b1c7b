// SPDX-License-Identifier: Apache-2.0
#pragma once

/// Lamport slots: messages that are their own flags. A slot of 16 bytes is empty while any of its four words is all
/// ones; the receiver polls its own memory until none is. There are no fences and no separate flags, so a message costs
/// one one-way latency.
///
/// Protocol of one operation, numbered by its epoch: epoch_of(), pdl_wait(), push() to the peers' slots, count_block()
/// (before pdl_wait() in a programmatic launch), wait_for_vector() on the own ones, clear() each slot that was read.
/// Operations alternate between two buffers of slots (epoch % 2), so that a slot is empty again before a peer pushes to
/// it; why is explained in each kernel.
///
/// All ones is a NaN in every message dtype. A message word that is all ones is sent as another NaN (one less), and
/// pack() stores every NaN as the same positive one, so no result depends on it. Words are compared as integers,
/// because a float comparison may flush subnormals.

#include "arbiter/cuda/element.cuh"
#include "arbiter/cuda/spin.cuh"
#include "cuda_common/neighbours.cuh"
#include "cuda_common/tile_arguments.hpp"

namespace arbiter::cuda {

inline constexpr std::uint32_t empty_word = 0xffffffffU;

__device__ __forceinline__ std::uint32_t larger_of(std::uint32_t a, std::uint32_t b) {
  std::uint32_t larger;
  // The compiler would make comparisons of it, each of which waits for the one before.
  asm("max.u32 %0, %1, %2;" : "=r"(larger) : "r"(a), "r"(b));
  return larger;
}
__device__ __forceinline__ std::uint32_t largest_word(const Packed& slot) {
  return larger_of(larger_of(slot.word[0], slot.word[1]), larger_of(slot.word[2], slot.word[3]));
}

/// A vector may arrive in parts, so every word counts.
__device__ __forceinline__ bool is_full(const Packed& slot) { return largest_word(slot) != empty_word; }

/// The vector as it may be sent: words that are all ones become another NaN.
__device__ __forceinline__ Packed without_empty_words(Packed value) {
#pragma unroll
  for (int i = 0; i < 4; ++i) {
    // The compiler makes two instructions of min().
    asm("min.u32 %0, %0, %1;" : "+r"(value.word[i]) : "n"(empty_word - 1));
  }
  return value;
}

/// Stores to a slot of any rank, relaxed; `value` must have no empty words.
__device__ __forceinline__ void push(Packed* slot, const Packed& value) {
  asm volatile("st.relaxed.sys.global.v4.u32 [%0], {%1, %2, %3, %4};" ::"l"(slot), "r"(value.word[0]),
               "r"(value.word[1]), "r"(value.word[2]), "r"(value.word[3])
               : "memory");
}

/// Loads a slot of this rank, relaxed.
__device__ __forceinline__ Packed poll(const Packed* slot) {
  Packed value;
  asm volatile("ld.relaxed.sys.global.v4.u32 {%0, %1, %2, %3}, [%4];"
               : "=r"(value.word[0]), "=r"(value.word[1]), "=r"(value.word[2]), "=r"(value.word[3])
               : "l"(slot)
               : "memory");
  return value;
}

/// What is done while a first poll is under way.
struct Nothing {
  __device__ __forceinline__ void operator()() const {}
};

/// Waits for a vector of `peer` in a slot of this rank; zeros for lanes whose `wanted` is false. Convergent: all 32
/// lanes wait until every lane has its vector, because lanes that left the loop one by one would execute what follows
/// one by one. On an exceeded bound, returns whatever the slot holds: no vector if is_full() does not hold.
template <class Meanwhile = Nothing>
__device__ __forceinline__ Packed wait_for_vector(const Packed* slot, bool wanted, int peer, const SpinBound& bound,
                                                  std::uint32_t epoch, const Meanwhile& meanwhile = {}) {
  Spin spin(bound);
  Packed value = zeros();
  if (wanted) value = poll(slot);
  meanwhile();
  while (!__all_sync(0xffffffffU, is_full(value))) {
    if (spin.is_due() && spin.warp_gives_up(!is_full(value), peer, epoch)) break;
    if (wanted) value = poll(slot);
  }
  return value;
}

/// Empties a slot of this rank for the operation after the next one.
__device__ __forceinline__ void clear(Packed* slot) {
  *reinterpret_cast<uint4*>(slot) = make_uint4(empty_word, empty_word, empty_word, empty_word);
}

/// Slots of 4 bytes for one float; a NaN is sent as the canonical one.
__device__ __forceinline__ void push(float* slot, float value) {
  const std::uint32_t bits = value == value ? __float_as_uint(value) : 0x7fc00000U;
  asm volatile("st.relaxed.sys.global.u32 [%0], %1;" ::"l"(slot), "r"(bits) : "memory");
}
__device__ __forceinline__ std::uint32_t poll(const float* slot) {
  std::uint32_t bits;
  asm volatile("ld.relaxed.sys.global.u32 %0, [%1];" : "=r"(bits) : "l"(slot) : "memory");
  return bits;
}
__device__ __forceinline__ void clear(float* slot) { *reinterpret_cast<std::uint32_t*>(slot) = empty_word; }

/// A __syncthreads() that no thread enters before it has `value`: __syncthreads() does not wait for loads whose results
/// nobody has used yet. The reduction is not used.
__device__ __forceinline__ void syncthreads_with(std::uint32_t value) {
  asm volatile(
      "{ .reg .pred any, set; setp.ne.u32 set, %0, 0; barrier.cta.red.or.aligned.pred any, 0, set; }" ::"r"(value)
      : "memory");
}

/// The epoch of this operation. All threads of every block read it before their block is counted.
__device__ __forceinline__ std::uint32_t epoch_of(const EpochState* state) {
  return *static_cast<const volatile std::uint32_t*>(&state->epoch);
}

/// Counts the blocks that have read the epoch.
///
/// Synchronisation: begin() is a barrier of the block that all threads enter with the epoch in their registers; then
/// thread 0 counts its block, whose answer end() awaits. The last block of the grid increments the epoch in memory;
/// only then does each block trigger, at once or later (cuda_common/neighbours.cuh). The next kernel starts when every
/// block has triggered or ended, hence after the increment, and reads its own epoch.
///
/// A programmatic launch counts before pdl_wait(), while the kernel in front still runs. Any other begins once its
/// first vectors are on their way, and ends behind the first poll: the count and the poll are under way together.
class BlockCount {
 public:
  __device__ __forceinline__ explicit BlockCount(Trigger trigger) : trigger_(trigger) {}

  /// All threads of every block call it once, with the epoch that they read.
  __device__ __forceinline__ void begin(EpochState* state, std::uint32_t epoch) {
    syncthreads_with(epoch);
    counts_ = threadIdx.x == 0;
    if (counts_) answer_ = atomicInc(&state->groups[group()].blocks_started, blocks_of_group() - 1);
  }
  /// Likewise, later. What is called again does nothing.
  __device__ __forceinline__ void end(EpochState* state, std::uint32_t epoch) {
    if (!counts_) return;
    if (is_last(state)) {
      *static_cast<volatile std::uint32_t*>(&state->epoch) = epoch + 1;
      __threadfence();
    }
    trigger_at_start(trigger_);
    counts_ = false;
  }

 private:
  /// Up to here one counter is faster than two levels.
  static constexpr unsigned few = 256;
  __device__ __forceinline__ static unsigned groups() { return gridDim.x > few ? EpochState::group_count : 1; }
  __device__ __forceinline__ static unsigned group() { return blockIdx.x % groups(); }
  __device__ __forceinline__ static unsigned blocks_of_group() {
    return (gridDim.x - group() + groups() - 1) / groups();
  }
  /// Leaves all counters at 0.
  __device__ __forceinline__ bool is_last(EpochState* state) const {
    if (answer_ != blocks_of_group() - 1) return false;
    return groups() == 1 || atomicInc(&state->groups_started, groups() - 1) == groups() - 1;
  }

  Trigger trigger_;
  bool counts_ = false;  ///< thread 0, until end(): a test of the answer would wait for it
  unsigned answer_ = 0;  ///< how many blocks of its group had started before
};

/// Both at once.
__device__ __forceinline__ void count_block(EpochState* state, std::uint32_t epoch, Trigger trigger) {
  BlockCount count(trigger);
  count.begin(state, epoch);
  count.end(state, epoch);
}

}  // namespace arbiter::cuda
