// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cuda_common/lamport.cuh"

namespace arbiter::cuda {

/// The slots, in memory of this rank, for a vector of each rank.
struct RankSlots {
  Packed* of_rank_0;
  std::int64_t between;  ///< vectors from a rank's slot to the next rank's
  __device__ __forceinline__ Packed* of(int source) const { return of_rank_0 + source * between; }
};

/// The vectors of ranks `First` to `First + Count - 1`. Indexed at compile time, so that all stay in registers.
template <int First, int Count>
class Arrivals {
 public:
  /// `own` takes this rank's place. It is as sent, since a vector with empty words never seems to come.
  __device__ __forceinline__ Arrivals(int rank, const Packed& own, const RankSlots& slots) : rank_(rank) {
    const Packed sent = without_empty_words(own);
#pragma unroll
    for (int i = 0; i < Count; ++i) {
      slot_[i] = slots.of(First + i);
      evaluate_now(slot_[i]);
#pragma unroll
      for (int w = 0; w < 4; ++w) part_[i].word[w] = First + i == rank ? sent.word[w] : 0;
    }
  }
  /// Polls the slot of every peer. Nothing is tested in between, so that all loads are under way at once.
  __device__ __forceinline__ void poll_all() {
#pragma unroll
    for (int i = 0; i < Count; ++i) {
      if (First + i != rank_) part_[i] = poll(slot_[i]);
    }
  }
  __device__ __forceinline__ bool have_come() const {
    std::uint32_t largest[Count];
#pragma unroll
    for (int i = 0; i < Count; ++i) largest[i] = largest_word(part_[i]);
#pragma unroll
    for (int i = Count - 1; i > 0; --i) largest[(i - 1) / 2] = larger_of(largest[(i - 1) / 2], largest[i]);
    return largest[0] != empty_word;
  }
  /// A rank whose vector is missing.
  __device__ __forceinline__ int missing() const {
    int rank = First;
#pragma unroll
    for (int i = 1; i < Count; ++i) {
      if (!is_full(part_[i])) rank = First + i;
    }
    return rank;
  }
  __device__ __forceinline__ void add_to(Accumulators& sum) const {
#pragma unroll
    for (int i = 0; i < Count; ++i) {
      const Accumulators values = unpack(part_[i]);
#pragma unroll
      for (int e = 0; e < vector_elements; ++e)
        sum.value[e] = First + i == 0 ? values.value[e] : sum.value[e] + values.value[e];
    }
  }
  __device__ __forceinline__ void clear_all() const {
#pragma unroll
    for (int i = 0; i < Count; ++i) {
      if (First + i != rank_) clear(slot_[i]);
    }
  }

 private:
  int rank_;
  Packed* slot_[Count];
  Packed part_[Count];
};

/// The sum of two ranks, which does not depend on the order.
__device__ __forceinline__ Accumulators sum_of_two(Accumulators sum, const Accumulators& other) {
#pragma unroll
  for (int i = 0; i < vector_elements; ++i) sum.value[i] += other.value[i];
  return sum;
}

/// As wait_for_vector(), for several vectors of `peer`: all polls are under way at once.
template <int Count, class Meanwhile>
__device__ __forceinline__ void wait_for_vectors(Packed* const (&slots)[Count], const bool (&wanted)[Count], int peer,
                                                 const SpinBound& bound, std::uint32_t epoch, Packed (&vectors)[Count],
                                                 const Meanwhile& meanwhile) {
  Spin spin(bound);
  const auto poll_wanted = [&] {
#pragma unroll
    for (int i = 0; i < Count; ++i) {
      if (wanted[i]) vectors[i] = poll(slots[i]);
    }
  };
  const auto lacks = [&] {
    bool any = false;
#pragma unroll
    for (int i = 0; i < Count; ++i) any |= !is_full(vectors[i]);
    return any;
  };
#pragma unroll
  for (int i = 0; i < Count; ++i) vectors[i] = zeros();
  poll_wanted();
  meanwhile();
  while (__any_sync(0xffffffffU, lacks())) {
    if (spin.is_due() && spin.warp_gives_up(lacks(), peer, epoch)) break;
    poll_wanted();
  }
}

/// Waits for the vectors of ranks `First` to `First + Count - 1`, adds them and empties their slots. Convergent. False
/// in lanes whose vectors did not all come before the bound.
template <int First, int Count, class Meanwhile>
__device__ __forceinline__ bool wait_and_add(int rank, const Packed& own, bool wanted, const SpinBound& bound,
                                             std::uint32_t epoch, const RankSlots& slots, Accumulators& sum,
                                             const Meanwhile& meanwhile) {
  Spin spin(bound);
  Arrivals<First, Count> arrivals(rank, own, slots);
  if (wanted) arrivals.poll_all();
  meanwhile();
  while (__any_sync(0xffffffffU, !arrivals.have_come())) {
    if (spin.is_due() && spin.warp_gives_up(!arrivals.have_come(), arrivals.missing(), epoch)) break;
    if (wanted) arrivals.poll_all();
  }
  if (wanted) arrivals.clear_all();
  arrivals.add_to(sum);
  return arrivals.have_come();
}

/// Waits for the peers' vectors, sums them and `own` in fp32 in rank order 0..Ranks-1, so that every rank gets the same
/// bits, and empties the slots. Lanes whose `wanted` is false get `own`. Convergent, as wait_for_vector(). `came` is
/// false in lanes whose vectors did not all come before the bound: their sum means nothing, and must not be sent on.
/// `meanwhile` is called once, when the first polls are under way.
template <int Ranks, class Meanwhile = Nothing>
__device__ __forceinline__ Accumulators sum_in_rank_order(int rank, const Packed& own, bool wanted,
                                                          const SpinBound& bound, std::uint32_t epoch,
                                                          const RankSlots& slots, bool& came,
                                                          const Meanwhile& meanwhile = {}) {
  if constexpr (Ranks == 2) {
    Packed* const slot = slots.of(1 - rank);
    const Packed vector = wait_for_vector(slot, wanted, 1 - rank, bound, epoch, meanwhile);
    came = is_full(vector);
    const Accumulators other = unpack(vector);
    if (wanted) clear(slot);
    return sum_of_two(unpack(own), other);
  } else {
    // Eight vectors at once would take too many registers.
    constexpr int at_once = 4;
    static_assert(Ranks <= 2 * at_once);
    Accumulators sum;
    constexpr int first_group = Ranks < at_once ? Ranks : at_once;
    came = wait_and_add<0, first_group>(rank, own, wanted, bound, epoch, slots, sum, meanwhile);
    if constexpr (Ranks > at_once) {
      came &= wait_and_add<at_once, Ranks - at_once>(rank, own, wanted, bound, epoch, slots, sum, Nothing{});
    }
    return sum;
  }
}

}  // namespace arbiter::cuda
