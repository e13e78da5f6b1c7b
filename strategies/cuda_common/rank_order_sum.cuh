// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cuda_common/lamport.cuh"

namespace arbiter::cuda {

/// One vector of each of `Ranks` ranks, indexed at compile time, so that they stay in registers.
template <int Ranks>
struct RankParts {
  Packed first = zeros();
  RankParts<Ranks - 1> others;
};
template <>
struct RankParts<0> {};

/// Polls the slot of every peer once. Returns the first rank whose slot is still empty, or -1. `slot_of(source)` is the
/// slot, in memory of this rank, for the vector of `source`.
template <int Source, int Ranks, class SlotOf>
__device__ __forceinline__ int poll_parts(RankParts<Ranks>& parts, int rank, const SlotOf& slot_of) {
  if constexpr (Ranks == 0) {
    return -1;
  } else {
    const int missing = poll_parts<Source + 1>(parts.others, rank, slot_of);
    if (Source == rank) return missing;
    parts.first = poll(slot_of(Source));
    return is_full(parts.first) ? missing : Source;
  }
}

template <int Source, int Ranks>
__device__ __forceinline__ void add_parts(const RankParts<Ranks>& parts, int rank, const Packed& own,
                                          Accumulators& sum) {
  if constexpr (Ranks > 0) {
    Packed part;
#pragma unroll
    for (int i = 0; i < 4; ++i) part.word[i] = Source == rank ? own.word[i] : parts.first.word[i];
    const Accumulators values = unpack(part);
#pragma unroll
    for (int i = 0; i < vector_elements; ++i)
      sum.value[i] = Source == 0 ? values.value[i] : sum.value[i] + values.value[i];
    add_parts<Source + 1>(parts.others, rank, own, sum);
  }
}

/// Waits for the vectors of ranks `First` to `First + Count - 1` and adds them. Convergent. False in lanes whose
/// vectors did not all come before the bound.
template <int First, int Count, class SlotOf>
__device__ __forceinline__ bool wait_and_add(int rank, const Packed& own, bool wanted, const SpinBound& bound,
                                             std::uint32_t epoch, const SlotOf& slot_of, Accumulators& sum) {
  Spin spin(bound);
  RankParts<Count> parts;
  int missing = wanted ? poll_parts<First>(parts, rank, slot_of) : -1;
  while (__any_sync(0xffffffffU, missing >= 0)) {
    if (spin.is_due() && spin.warp_gives_up(missing >= 0, missing, epoch)) break;
    if (wanted) missing = poll_parts<First>(parts, rank, slot_of);
  }
  add_parts<First>(parts, rank, own, sum);
  return missing < 0;
}

/// Waits for the peers' vectors, sums them and `own` in fp32 in rank order 0..Ranks-1, so that every rank gets the same
/// bits, and empties the slots. `slot_of(source)` is the slot, in memory of this rank, for the vector of `source`.
/// Lanes whose `wanted` is false get `own`. Convergent, as wait_for_vector(). `came` is false in lanes whose vectors
/// did not all come before the bound: their sum means nothing, and must not be sent on.
template <int Ranks, class SlotOf>
__device__ __forceinline__ Accumulators sum_in_rank_order(int rank, const Packed& own, bool wanted,
                                                          const SpinBound& bound, std::uint32_t epoch,
                                                          const SlotOf& slot_of, bool& came) {
  if constexpr (Ranks == 2) {
    // The sum of two does not depend on the order.
    Packed* const slot = slot_of(1 - rank);
    const Packed vector = wait_for_vector(slot, wanted, 1 - rank, bound, epoch);
    came = is_full(vector);
    const Accumulators other = unpack(vector);
    if (wanted) clear(slot);
    Accumulators sum = unpack(own);
#pragma unroll
    for (int i = 0; i < vector_elements; ++i) sum.value[i] += other.value[i];
    return sum;
  } else {
    // Eight vectors at once would take too many registers.
    constexpr int at_once = 4;
    static_assert(Ranks <= 2 * at_once);
    Accumulators sum;
    came = wait_and_add < 0, Ranks < at_once ? Ranks : at_once > (rank, own, wanted, bound, epoch, slot_of, sum);
    if constexpr (Ranks > at_once) {
      came &= wait_and_add<at_once, Ranks - at_once>(rank, own, wanted, bound, epoch, slot_of, sum);
    }
#pragma unroll
    for (int step = 1; step < Ranks; ++step) {
      if (wanted) clear(slot_of((rank + step) % Ranks));
    }
    return sum;
  }
}

}  // namespace arbiter::cuda
