#pragma once

#include "arbiter/cuda/lamport.cuh"

namespace arbiter::cuda {

/// One vector of every rank; `Rank` is a compile-time index, so that vectors stay in registers.
template <int Ranks>
struct RankParts {
  Packed first;
  RankParts<Ranks - 1> others;
};
template <>
struct RankParts<0> {};

/// One look at every peer's slot that is still empty; the first rank whose is, or -1. `slot_of(source)` is in memory of
/// this rank.
template <int Source, int Ranks, class SlotOf>
__device__ __forceinline__ int look_at_parts(RankParts<Ranks>& parts, int rank, const SlotOf& slot_of) {
  if constexpr (Ranks == 0) {
    return -1;
  } else {
    const int missing = look_at_parts<Source + 1>(parts.others, rank, slot_of);
    if (Source == rank) return missing;
    parts.first = look(slot_of(Source));
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

/// Waits for the peers' parts of a vector, empties their slots, and sums in rank order, so that every rank that sums
/// has the same bits. `slot_of(source)` is where that rank's part arrives; this rank's own part is `own`.
template <int Ranks, class SlotOf>
__device__ __forceinline__ Accumulators sum_in_rank_order(int rank, const Packed& own, const SpinBound& bound,
                                                          std::uint32_t epoch, const SlotOf& slot_of) {
  Spin spin(bound);
  if constexpr (Ranks == 2) {
    // Of two the order does not matter.
    Packed* const slot = slot_of(1 - rank);
    Packed part = look(slot);
    while (!is_full(part) && !spin.gives_up(1 - rank, epoch)) part = look(slot);
    clear(slot);
    Accumulators sum = unpack(own);
    const Accumulators other = unpack(part);
#pragma unroll
    for (int i = 0; i < vector_elements; ++i) sum.value[i] += other.value[i];
    return sum;
  } else {
    RankParts<Ranks> parts;
    for (int missing = look_at_parts<0>(parts, rank, slot_of); missing >= 0 && !spin.gives_up(missing, epoch);) {
      missing = look_at_parts<0>(parts, rank, slot_of);
    }
    Accumulators sum;
    add_parts<0>(parts, rank, own, sum);
#pragma unroll
    for (int step = 1; step < Ranks; ++step) clear(slot_of((rank + step) % Ranks));
    return sum;
  }
}

}  // namespace arbiter::cuda
