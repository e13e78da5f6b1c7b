// SPDX-License-Identifier: Apache-2.0
#pragma once

/// Sums of one float per thread over a warp, a block or a cluster, with the same bits in every thread, and the maximum
/// of another float in the same exchange. The order of the additions depends on the number of warps and blocks that
/// share a row, not on timing.

#include <cstdint>

#include "arbiter/cuda/spin.cuh"

namespace arbiter::cuda {

/// The sum of `value` over the 32 lanes of a warp, the same bits in each. Convergent.
__device__ __forceinline__ float sum_over_warp(float value) {
#pragma unroll
  for (int distance = 16; distance > 0; distance /= 2) value += __shfl_xor_sync(0xffffffffU, value, distance);
  return value;
}

/// The largest `value` over the 32 lanes of a warp; all are at least 0, or NaNs without a sign, of which one makes the
/// result a NaN. Convergent.
__device__ __forceinline__ float maximum_over_warp(float value) {
  // Patterns of such floats have the order of their values, and those of NaNs are above infinity's.
  return __uint_as_float(__reduce_max_sync(0xffffffffU, __float_as_uint(value)));
}
/// The larger of two such values.
__device__ __forceinline__ float larger_of(float a, float b) {
  return __uint_as_float(max(__float_as_uint(a), __float_as_uint(b)));
}
/// The largest of `Count` (a power of two) such values.
template <unsigned Count>
__device__ __forceinline__ float largest_of(float (&value)[Count]) {
#pragma unroll
  for (unsigned width = Count / 2; width > 0; width /= 2) {
#pragma unroll
    for (unsigned i = 0; i < width; ++i) value[i] = larger_of(value[i], value[i + width]);
  }
  return value[0];
}

/// A sum and a maximum over a row, or a thread's part of them.
struct RowValues {
  float sum = 0.0F;
  float maximum = 0.0F;
};

/// The sum over `4 * Count` (a power of two) warps' parts. The loads do not depend on the number of warps, because the
/// parts of absent ones are 0.
template <unsigned Count>
__device__ __forceinline__ float sum_of_parts(const float4* parts) {
  float sums[Count];
#pragma unroll
  for (unsigned i = 0; i < Count; ++i) sums[i] = (parts[i].x + parts[i].y) + (parts[i].z + parts[i].w);
#pragma unroll
  for (unsigned width = Count / 2; width > 0; width /= 2) {
#pragma unroll
    for (unsigned i = 0; i < width; ++i) sums[i] = sums[2 * i] + sums[2 * i + 1];
  }
  return sums[0];
}
/// Their maximum, likewise.
template <unsigned Count>
__device__ __forceinline__ float maximum_of_parts(const float4* parts) {
  float largest[Count];
#pragma unroll
  for (unsigned i = 0; i < Count; ++i) {
    largest[i] = larger_of(larger_of(parts[i].x, parts[i].y), larger_of(parts[i].z, parts[i].w));
  }
  return largest_of(largest);
}

/// This block's index in its cluster; 0 without clusters.
__device__ __forceinline__ unsigned block_in_cluster() {
#if __CUDA_ARCH__ >= 900
  unsigned number;
  asm volatile("mov.u32 %0, %%cluster_ctarank;" : "=r"(number));
  return number;
#else
  return 0;
#endif
}

/// Successive sums over a cluster of `Blocks` blocks of up to 512 threads (a multiple of 32); needs sm_90.
///
/// Synchronisation: each warp sends its partial sum to the shared memory of every block of the cluster with st.async,
/// and each block waits on its own mbarrier, which counts the arriving bytes. There is no cluster-wide barrier
/// after open(). All threads of the cluster construct it, call open() once, and then make the same calls of sum(), or
/// of sum_and_maximum() if it was constructed `with_maximum`. Waits are bounded: a block that has waited for twice the
/// bound reports it as any wait does, with this rank as the one it waited for (check_clock_in_cluster()).
///
/// Source: PTX ISA, mbarrier and st.async.
template <int Blocks>
class ClusterSums {
 public:
#if __CUDA_ARCH__ >= 900
  /// `with_maximum` is a literal after inlining.
  __device__ __forceinline__ explicit ClusterSums(bool with_maximum) : bytes_per_warp_(with_maximum ? 8 : 4) {
    if (threadIdx.x < 2 * vectors) {
      parts()[threadIdx.x] = make_float4(0.0F, 0.0F, 0.0F, 0.0F);
      if (with_maximum) maxima()[threadIdx.x] = make_float4(0.0F, 0.0F, 0.0F, 0.0F);
    }
    if (threadIdx.x == 0) {
      for (unsigned turn = 0; turn < 2; ++turn) {
        asm volatile("mbarrier.init.shared::cta.b64 [%0], 1;" ::"r"(barrier(turn)) : "memory");
      }
      asm volatile("fence.mbarrier_init.release.cluster;" ::: "memory");
      expect_parts(0);
      expect_parts(1);
    }
    asm volatile("barrier.cluster.arrive.release.aligned;" ::: "memory");
  }

  /// Waits until every block of the cluster has initialised its barriers. `bound` outlives the sums; `epoch` is the
  /// operation's number, for the report.
  __device__ __forceinline__ void open(const SpinBound& bound, std::uint32_t epoch) {
    bound_ = &bound;
    epoch_ = epoch;
    asm volatile("barrier.cluster.wait.acquire.aligned;" ::: "memory");
  }

  /// The sum of `part`, the same bits in every thread of the cluster.
  __device__ __forceinline__ float sum(const RowValues (&part)[1]) {
    const float value = sum_over_warp(part[0].sum);
    // Two buffers suffice: a warp overwrites a part only after a wait in the other buffer, to which every reader of
    // that part contributed after reading it.
    const float4* const of_turn = parts() + turn_ * vectors;
    const unsigned lane = threadIdx.x % 32;
    if (lane < Blocks) send(lane, part_of_warp(of_turn), value);
    wait();
    if (threadIdx.x == 0) expect_parts(turn_);
    const float total = sum_of_parts<vectors>(of_turn);
    next_turn();
    return total;
  }

  /// The sum and the largest maximum (see maximum_over_warp()), likewise.
  __device__ __forceinline__ RowValues sum_and_maximum(const RowValues (&part)[1]) {
    const RowValues values{sum_over_warp(part[0].sum), maximum_over_warp(part[0].maximum)};
    const float4* const sums_of_turn = parts() + turn_ * vectors;
    const float4* const maxima_of_turn = maxima() + turn_ * vectors;
    const unsigned lane = threadIdx.x % 32;
    if (lane < Blocks) {
      send(lane, part_of_warp(sums_of_turn), values.sum);
      send(lane, part_of_warp(maxima_of_turn), values.maximum);
    }
    wait();
    if (threadIdx.x == 0) expect_parts(turn_);
    const RowValues row{sum_of_parts<vectors>(sums_of_turn), maximum_of_parts<vectors>(maxima_of_turn)};
    next_turn();
    return row;
  }

 private:
  static constexpr unsigned most_warps = 16;
  static constexpr unsigned vectors = Blocks * most_warps / 4;

  __device__ __forceinline__ static std::uint32_t shared_address(const void* generic) {
    return static_cast<std::uint32_t>(__cvta_generic_to_shared(generic));
  }
  __device__ __forceinline__ static float4* parts() {
    __shared__ float4 both[2 * vectors];
    return both;
  }
  __device__ __forceinline__ static float4* maxima() {
    __shared__ float4 both_maxima[2 * vectors];
    return both_maxima;
  }
  /// The address of this warp's part.
  __device__ __forceinline__ static std::uint32_t part_of_warp(const float4* of_turn) {
    const unsigned part = block_in_cluster() * most_warps + threadIdx.x / 32;
    return shared_address(reinterpret_cast<const float*>(of_turn) + part);
  }
  __device__ __forceinline__ void next_turn() {
    parity_ ^= turn_;
    turn_ ^= 1;
  }
  __device__ __forceinline__ static std::uint32_t barrier(unsigned turn) {
    __shared__ alignas(8) std::uint64_t barriers[2];
    return shared_address(barriers + turn);
  }
  __device__ __forceinline__ void expect_parts(unsigned turn) const {
    asm volatile("{ .reg .b64 state; mbarrier.arrive.expect_tx.shared::cta.b64 state, [%0], %1; }" ::"r"(barrier(turn)),
                 "r"(Blocks * (blockDim.x / 32) * bytes_per_warp_)
                 : "memory");
  }
  __device__ __forceinline__ void send(unsigned block, std::uint32_t to, float value) const {
    std::uint32_t there;
    std::uint32_t its_barrier;
    asm("mapa.shared::cluster.u32 %0, %1, %2;" : "=r"(there) : "r"(to), "r"(block));
    asm("mapa.shared::cluster.u32 %0, %1, %2;" : "=r"(its_barrier) : "r"(barrier(turn_)), "r"(block));
    asm volatile("st.async.shared::cluster.mbarrier::complete_tx::bytes.u32 [%0], %1, [%2];" ::"r"(there),
                 "r"(__float_as_uint(value)), "r"(its_barrier)
                 : "memory");
  }
  __device__ __forceinline__ bool all_came() const {
    unsigned done = 0;
    asm volatile(
        "{ .reg .pred came; mbarrier.test_wait.parity.acquire.cluster.shared::cta.b64 came, [%1], %2; "
        "selp.u32 %0, 1, 0, came; }"
        : "=r"(done)
        : "r"(barrier(turn_)), "r"(parity_)
        : "memory");
    return done != 0;
  }
  __device__ __forceinline__ void wait() const {
    Spin spin(*bound_);
    while (!all_came()) {
      if (spin.gives_up_in_cluster(epoch_)) return;
    }
  }

  const SpinBound* bound_ = nullptr;
  std::uint32_t epoch_ = 0;
  unsigned bytes_per_warp_;
  unsigned turn_ = 0;
  unsigned parity_ = 0;
#else
  __device__ __forceinline__ explicit ClusterSums(bool /*with_maximum*/) {}
  __device__ __forceinline__ void open(const SpinBound& /*bound*/, std::uint32_t /*epoch*/) {}
  __device__ __forceinline__ float sum(const RowValues (&part)[1]) { return part[0].sum; }
  __device__ __forceinline__ RowValues sum_and_maximum(const RowValues (&part)[1]) { return part[0]; }
#endif
};

/// Successive sums over a block of up to 512 threads (a multiple of 32), each of which has `Parts` parts. A row has the
/// same bits as with a part in each thread of a cluster of `Parts` such blocks, block i having part i.
///
/// Synchronisation: one __syncthreads() per call. All threads construct it and make the same calls of sum(), or of
/// sum_and_maximum() if it was constructed `with_maximum`; a __syncthreads() of the caller must separate the
/// constructor from the first of them.
template <int Parts = 1>
class BlockSums {
 public:
  /// `with_maximum` is a literal after inlining.
  __device__ __forceinline__ explicit BlockSums(bool with_maximum) {
    if (threadIdx.x < 2 * vectors) {
      of_warps()[threadIdx.x] = make_float4(0.0F, 0.0F, 0.0F, 0.0F);
      if (with_maximum) maxima_of_warps()[threadIdx.x] = make_float4(0.0F, 0.0F, 0.0F, 0.0F);
    }
  }

  __device__ __forceinline__ void open(const SpinBound& /*bound*/, std::uint32_t /*epoch*/) {}

  /// The sum of all parts, the same bits in every thread.
  __device__ __forceinline__ float sum(const RowValues (&part)[Parts]) {
    // Two buffers, so that one barrier suffices: a warp overwrites a part only after the next sum's barrier, which
    // every reader of that part reaches after reading it.
    float4* const sums = of_warps() + turn_;
    turn_ ^= vectors;
    store_sums(sums, part);
    __syncthreads();
    return sum_of_parts<vectors>(sums);
  }

  /// The sum and the largest maximum (see maximum_over_warp()), likewise.
  __device__ __forceinline__ RowValues sum_and_maximum(const RowValues (&part)[Parts]) {
    float4* const sums = of_warps() + turn_;
    float4* const maxima = maxima_of_warps() + turn_;
    turn_ ^= vectors;
    store_sums(sums, part);
    float largest = part[0].maximum;
#pragma unroll
    for (int i = 1; i < Parts; ++i) largest = larger_of(largest, part[i].maximum);
    largest = maximum_over_warp(largest);
    if (threadIdx.x % 32 == 0) reinterpret_cast<float*>(maxima)[threadIdx.x / 32] = largest;
    __syncthreads();
    return {sum_of_parts<vectors>(sums), maximum_of_parts<most_warps / 4>(maxima)};
  }

 private:
  static constexpr unsigned most_warps = 16;
  static constexpr unsigned vectors = Parts * most_warps / 4;

  __device__ __forceinline__ static float4* of_warps() {
    __shared__ float4 parts[2 * vectors];
    return parts;
  }
  __device__ __forceinline__ static float4* maxima_of_warps() {
    __shared__ float4 maxima[2 * vectors];
    return maxima;
  }
  __device__ __forceinline__ static void store_sums(float4* sums, const RowValues (&part)[Parts]) {
    float of_warp[Parts];
#pragma unroll
    for (int i = 0; i < Parts; ++i) of_warp[i] = sum_over_warp(part[i].sum);
    if (threadIdx.x % 32 != 0) return;
#pragma unroll
    for (int i = 0; i < Parts; ++i) reinterpret_cast<float*>(sums)[i * most_warps + threadIdx.x / 32] = of_warp[i];
  }

  unsigned turn_ = 0;
};

}  // namespace arbiter::cuda
