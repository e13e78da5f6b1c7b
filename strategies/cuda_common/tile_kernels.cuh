#pragma once

/// The kernels of a strategy that works on tiles, one for every plan (TilePlan) and number of ranks.
///
///   #define MY_KERNEL(ranks, per_thread, tiles, threads, name)  extern "C" __global__ ... my_##name(...) {...}
///   ARBITER_STRIP_KERNELS(MY_KERNEL)
///
/// `tiles` is FlatTiles or RowTiles of arbiter/cuda/message_layout.cuh, `per_thread` the parameter of TileState,
/// `threads` the most that a block has.

// Threads of a block of 512 have 128 registers: so many vectors of a row fit. "pair" and "quad" are rows that two or
// four blocks share, a cluster (sm_90 and later; never launched before).
#define ARBITER_STRIP_KERNELS(kernel)       \
  ARBITER_STRIP_KERNELS_OF_RANKS(kernel, 2) \
  ARBITER_STRIP_KERNELS_OF_RANKS(kernel, 4) \
  ARBITER_STRIP_KERNELS_OF_RANKS(kernel, 8) \
  ARBITER_ROW_KERNELS(kernel, 2, 2, rows2_) \
  ARBITER_ROW_KERNELS(kernel, 2, 3, rows3_) \
  ARBITER_ROW_KERNELS(kernel, 2, 4, rows4_) \
  ARBITER_ROW_KERNELS(kernel, 4, 2, rows2_) \
  ARBITER_ROW_KERNELS(kernel, 4, 3, rows3_)

#define ARBITER_STRIP_KERNELS_OF_RANKS(kernel, ranks)                                                                \
  kernel(ranks, 1, FlatTiles<false>, 512, flat_##ranks) kernel(ranks, 1, FlatTiles<true>, 512, flat_aligned_##ranks) \
      ARBITER_ROW_KERNELS(kernel, ranks, 1, rows1_) ARBITER_CLUSTER_KERNELS(kernel, ranks, 2, pair_)                 \
          ARBITER_CLUSTER_KERNELS(kernel, ranks, 4, quad_) kernel(ranks, 0, RowTiles<false>, 256, wide_##ranks)

#define ARBITER_ROW_KERNELS(kernel, ranks, per_thread, name)   \
  kernel(ranks, per_thread, RowTiles<false>, 512, name##ranks) \
      kernel(ranks, per_thread, RowTiles<true>, 512, name##aligned_##ranks)

// A comma would end a macro's argument.
#define ARBITER_SHARED_ROWS(aligned, blocks) RowTiles<aligned, blocks>
#define ARBITER_CLUSTER_KERNELS(kernel, ranks, blocks, name)             \
  kernel(ranks, 1, ARBITER_SHARED_ROWS(false, blocks), 512, name##ranks) \
      kernel(ranks, 1, ARBITER_SHARED_ROWS(true, blocks), 512, name##aligned_##ranks)
