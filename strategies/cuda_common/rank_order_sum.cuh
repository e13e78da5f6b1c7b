#pragma once

#include "cuda_common/lamport.cuh"

namespace arbiter::cuda {

/// One vector of every rank; `Rank` is a compile-time index, so that vectors stay in registers.
template <int Ranks>
struct RankParts {
  Packed first = zeros();
  RankParts<Ranks - 1> others;
};
template <>
struct RankParts<0> {};

/// One look at every peer's slot; the first rank whose is still empty, or -1. `slot_of(source)` is in memory of this
/// rank.
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

/// Waits for `Count` ranks' parts of a vector, from rank `First` on, and adds them. Convergent.
template <int First, int Count, class SlotOf>
__device__ __forceinline__ void wait_and_add(int rank, const Packed& own, bool wanted, const SpinBound& bound,
                                             std::uint32_t epoch, const SlotOf& slot_of, Accumulators& sum) {
  Spin spin(bound);
  RankParts<Count> parts;
  int missing = wanted ? look_at_parts<First>(parts, rank, slot_of) : -1;
  while (__any_sync(0xffffffffU, missing >= 0)) {
    if (spin.is_due() && spin.warp_gives_up(missing >= 0, missing, epoch)) break;
    if (wanted) missing = look_at_parts<First>(parts, rank, slot_of);
  }
  add_parts<First>(parts, rank, own, sum);
}

/// Waits for the peers' parts of a vector, empties their slots, and sums in rank order, so that every rank that sums
/// has the same bits. `slot_of(source)` is where that rank's part arrives; this rank's own part is `own`. A lane that
/// does not want a sum gets `own`. Convergent, see wait_for_vector().
template <int Ranks, class SlotOf>
__device__ __forceinline__ Accumulators sum_in_rank_order(int rank, const Packed& own, bool wanted,
                                                          const SpinBound& bound, std::uint32_t epoch,
                                                          const SlotOf& slot_of) {
  if constexpr (Ranks == 2) {
    // Of two the order does not matter.
    Packed* const slot = slot_of(1 - rank);
    const Accumulators other = unpack(wait_for_vector(slot, wanted, 1 - rank, bound, epoch));
    if (wanted) clear(slot);
    Accumulators sum = unpack(own);
#pragma unroll
    for (int i = 0; i < vector_elements; ++i) sum.value[i] += other.value[i];
    return sum;
  } else {
    // What all of eight ranks sent would take too many registers at once.
    constexpr int at_once = 4;
    static_assert(Ranks == at_once || Ranks == 2 * at_once);
    Accumulators sum;
    wait_and_add<0, at_once>(rank, own, wanted, bound, epoch, slot_of, sum);
    if constexpr (Ranks > at_once) wait_and_add<at_once, at_once>(rank, own, wanted, bound, epoch, slot_of, sum);
#pragma unroll
    for (int step = 1; step < Ranks; ++step) {
      if (wanted) clear(slot_of((rank + step) % Ranks));
    }
    return sum;
  }
}

}  // namespace arbiter::cuda
