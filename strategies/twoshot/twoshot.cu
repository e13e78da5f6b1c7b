// SPDX-License-Identifier: Apache-2.0
// TWOSHOT on CUDA: reduce-scatter, then all-gather, in one kernel without a barrier. Every tile (a token row, or a run
// of vectors where the epilogue needs single elements only) has an owner; of each `Ranks` neighbouring tiles, every
// rank owns one. One kernel per tile type, vectors per thread and number of ranks: ARBITER_TILE_KERNELS
// (cuda_common/tiles.cuh) lists them.
//
// Phases of a kernel
//   prologue   epoch, addresses. A programmatic launch overlaps this with the preceding kernel, then waits (pdl_wait);
//              any other loads its first vectors while it reads the epoch, and counts its blocks after first
//   first      scatter the block's first tile
//   loop       for each tile of the block, grid-stride, the same on all ranks:
//     scatter  push this rank's vectors of the next tile to that tile's owner
//     reduce   this tile, if this rank owns it: poll the peers' vectors, sum in rank order in fp32, begin the epilogue,
//              push epilogue_state and the row's scalar, and its maximum if the epilogue needs it, to all peers,
//              finish the row
//     gather   the previous tile, if a peer owns it: poll its epilogue_state, scalar and maximum, finish the row
//   last       gather the block's last tile
// So both halves overlap, and what a block waits for was pushed one tile ago. What did not come before the bound is not
// sent on: peers then wait in vain too, instead of taking for a sum what never was one.
//
// Synchronisation between ranks: the data only, as in ONESHOT: each 16 bytes are their own flag
// (cuda_common/lamport.cuh). All blocks of a grid must be resident. Each takes its tiles in rising order and pushes
// before it waits, so the lowest unfinished tile can always be finished.
//
// Synchronisation between kernels: two buffers of slots alternate. A peer pushes to a buffer of operation e again in
// e + 2, for which it must have finished e + 1, and so must have received something that this rank pushed after its
// kernel of e had ended: vectors of a tile that the peer owns, or the epilogue_state of a tile that this rank owns. A
// rank that owns nothing in e + 1 is kept in step by the tiles it gathers: every rank owns or gathers every tile.
//
// Synchronisation within a block or cluster: count_block(), the row sums, and one __syncthreads() after the wait
// for a row's scalars.
#include "arbiter/cuda/row_sum.cuh"
#include "cuda_common/lamport.cuh"
#include "cuda_common/rank_order_sum.cuh"
#include "cuda_common/tiles.cuh"
#include "twoshot_arguments.hpp"

namespace {

using namespace arbiter::cuda;
using arbiter::twoshot::TwoshotArguments;

template <int Ranks, int PerThread, class Tiles>
class Twoshot {
 public:
  __device__ __forceinline__ explicit Twoshot(const TwoshotArguments& arguments)
      : arguments_(arguments), tiles_(arguments), sums_(arbiter_epilogue_needs_maximum()) {}

  __device__ __forceinline__ void run() {
    const std::uint32_t at_once = gridDim.x / Tiles::blocks;
    std::uint32_t tile = blockIdx.x / Tiles::blocks;
    auto* const state = static_cast<EpochState*>(arguments_.state);
    const VectorPlace first = tiles_.place(tile, tiles_.first() + threadIdx.x);
    const bool scatters = owner_of(tile) != arguments_.rank && tiles_.has(tile, first);
    Packed own = zeros();
    if (!arbiter_is_programmatic() && scatters) own = own_part(first);
    epoch_ = epoch_of(state);
    count_ = tiles_.count();
    if constexpr (!Tiles::whole_rows) evaluate_now(count_);  // a division
    if (arbiter_is_programmatic()) count_block(state, epoch_, arguments_.trigger);
    buffer_ = epoch_ % 2;
    scattered_here_ = static_cast<Packed*>(arguments_.scattered[arguments_.rank]) +
                      static_cast<std::int64_t>(buffer_) * Ranks * arguments_.owned_slots;
    gathered_here_ = static_cast<Packed*>(arguments_.gathered[arguments_.rank]) + buffer_ * arguments_.all_slots;
    evaluate_now(scattered_here_);
    evaluate_now(gathered_here_);
    scatter_first(tile, scatters, own);
    if (!arbiter_is_programmatic()) count_block(state, epoch_, arguments_.trigger);
    sums_.open(arguments_.bound, epoch_);
    std::uint32_t before = count_;
    for (; tile < count_; tile += at_once) {
      if (tile + at_once < count_) scatter(tile + at_once);
      if (owner_of(tile) == arguments_.rank) reduce(tile);
      if (before < count_) gather(before);
      before = tile;
    }
    if (before < count_) gather(before);
    trigger_at_end(arguments_.trigger);
  }

 private:
  static constexpr bool one_vector = TileState<PerThread>::one_vector;

  /// Rotates by one every `Ranks` tiles, so that a block meets all owners even if the grid is a multiple of `Ranks`.
  __device__ __forceinline__ int owner_of(std::uint32_t tile) const {
    return static_cast<int>((tile + tile / Ranks) % Ranks);
  }
  __device__ __forceinline__ Packed own_part(const VectorPlace& at) const {
    return load_vector(static_cast<const Element*>(arguments_.input) + at.offset, at);
  }
  /// This rank's slots for vector `v`, pushed by each rank, of a tile that this rank owns.
  __device__ __forceinline__ RankSlots scattered_here(std::uint32_t tile, std::uint32_t v) const {
    return {scattered_here_ + (tile / Ranks * tiles_.vectors() + v), arguments_.owned_slots};
  }
  /// The owner's slot for this rank's vector `v` of a tile.
  __device__ __forceinline__ Packed* scattered(int owner, std::uint32_t tile, std::uint32_t v) const {
    return static_cast<Packed*>(arguments_.scattered[owner]) +
           (static_cast<std::int64_t>(buffer_) * Ranks + arguments_.rank) * arguments_.owned_slots +
           (tile / Ranks * tiles_.vectors() + v);
  }
  /// This rank's slot for the epilogue_state of vector `v` of a tile that a peer owns.
  __device__ __forceinline__ Packed* gathered_here(std::uint32_t tile, std::uint32_t v) const {
    return gathered_here_ + (tile * tiles_.vectors() + v);
  }
  /// The same slot in the memory of rank `at_rank`.
  __device__ __forceinline__ Packed* gathered(int at_rank, std::uint32_t tile, std::uint32_t v) const {
    return static_cast<Packed*>(arguments_.gathered[at_rank]) + buffer_ * arguments_.all_slots +
           (tile * tiles_.vectors() + v);
  }
  /// The slot for the scalar of a tile; each block of a cluster has its own and empties it.
  __device__ __forceinline__ float* scalar_slot(int at_rank, std::uint32_t tile) const {
    const std::uint32_t block = Tiles::blocks == 1 ? 0 : block_in_cluster();
    return static_cast<float*>(arguments_.scalars[at_rank]) + buffer_ * arguments_.all_scalars +
           (tile * Tiles::blocks + block);
  }
  /// Likewise for its maximum.
  __device__ __forceinline__ float* maximum_slot(int at_rank, std::uint32_t tile) const {
    return scalar_slot(at_rank, tile) + 2 * arguments_.all_scalars;
  }
  __device__ __forceinline__ int peer_at(int step) const { return (arguments_.rank + step) % Ranks; }

  /// Scatters the first tile if a peer owns it. `own` is the thread's first vector, which a programmatic launch loads
  /// here, after pdl_wait(); the addresses are computed before.
  __device__ __forceinline__ void scatter_first(std::uint32_t tile, bool scatters, Packed own) const {
    const std::uint32_t v = tiles_.first() + threadIdx.x;
    const VectorPlace at = tiles_.place(tile, v);
    const Element* const from = static_cast<const Element*>(arguments_.input) + at.offset;
    Packed* const to = scattered(owner_of(tile), tile, v);
    if (arbiter_is_programmatic()) {
      pdl_wait(reinterpret_cast<std::uintptr_t>(from) | reinterpret_cast<std::uintptr_t>(to));
      if (scatters) own = load_vector(from, at);
    }
    if (!scatters) return;
    push(to, without_empty_words(own));
    if constexpr (!one_vector) scatter_from(tile, v + blockDim.x);
  }

  __device__ __forceinline__ void scatter(std::uint32_t tile) const {
    if (owner_of(tile) == arguments_.rank) return;
    const std::uint32_t v = tiles_.first() + threadIdx.x;
    scatter_vector(tile, v);
    if constexpr (!one_vector) scatter_from(tile, v + blockDim.x);
  }
  __device__ __forceinline__ void scatter_from(std::uint32_t tile, std::uint32_t first) const {
    for (std::uint32_t v = first; v < tiles_.last(); v += blockDim.x) scatter_vector(tile, v);
  }
  __device__ __forceinline__ void scatter_vector(std::uint32_t tile, std::uint32_t v) const {
    const VectorPlace at = tiles_.place(tile, v);
    if (at.count != 0) push(scattered(owner_of(tile), tile, v), without_empty_words(own_part(at)));
  }

  __device__ __forceinline__ void reduce(std::uint32_t tile) {
    const auto& epilogue = arguments_.epilogue;
    TileState<PerThread> kept(tiles_.vectors(), tiles_.first());
    if constexpr (TileState<PerThread>::in_registers) {
      kept.each([&](std::uint32_t v, Packed&, EpilogueInputs& inputs) {
        const VectorPlace at = tiles_.place(tile, v);
        arbiter_epilogue_load_constant(epilogue, at, inputs);
        arbiter_epilogue_locate(epilogue, at, inputs);
        arbiter_epilogue_load(epilogue, at, inputs);
      });
    }
    RowValues parts[row_parts<PerThread>];
    int vector = 0;
    kept.each([&](std::uint32_t v, Packed& epilogue_state, EpilogueInputs& inputs) {
      const VectorPlace at = tiles_.place(tile, v);
      if constexpr (!TileState<PerThread>::in_registers) {
        arbiter_epilogue_load_constant(epilogue, at, inputs);
        arbiter_epilogue_locate(epilogue, at, inputs);
        arbiter_epilogue_load(epilogue, at, inputs);
      }
      const bool wanted = at.count != 0;
      bool came = false;
      const Accumulators sum = sum_in_rank_order<Ranks>(arguments_.rank, own_part(at), wanted, arguments_.bound, epoch_,
                                                        scattered_here(tile, v), came);
      const float statistic = arbiter_epilogue_begin(epilogue, at, inputs, sum, epilogue_state);
      add_to(parts, vector++, statistic, epilogue, at, inputs, epilogue_state);
      // The owner keeps what it sends, so that all ranks finish from the same bits.
      epilogue_state = without_empty_words(epilogue_state);
#pragma unroll
      for (int step = 1; step < Ranks; ++step) {
        if (wanted && came) push(gathered(peer_at(step), tile, v), epilogue_state);
      }
      arbiter_epilogue_store_state(epilogue, at, epilogue_state);
    });
    RowScalars row;
    if constexpr (Tiles::whole_rows) {
      row = scalars_of_row(epilogue, sums_, parts);
      if (threadIdx.x > 0 && threadIdx.x < Ranks) {
        const int peer = peer_at(static_cast<int>(threadIdx.x));
        push(scalar_slot(peer, tile), row.scalar);
        if (arbiter_epilogue_needs_maximum()) push(maximum_slot(peer, tile), row.maximum);
      }
    }
    finish(tile, kept, row);
  }

  __device__ __forceinline__ void finish(std::uint32_t tile, TileState<PerThread>& kept, const RowScalars& row) const {
    kept.each([&](std::uint32_t v, Packed& epilogue_state, EpilogueInputs& inputs) {
      const VectorPlace at = tiles_.place(tile, v);
      if constexpr (!TileState<PerThread>::in_registers) {
        arbiter_epilogue_load_constant(arguments_.epilogue, at, inputs);
        arbiter_epilogue_locate(arguments_.epilogue, at, inputs);
      }
      arbiter_epilogue_finish(arguments_.epilogue, at, inputs, epilogue_state, row.scalar, row.maximum);
    });
  }

  /// Every thread polls a slot of this rank.
  __device__ __forceinline__ float wait_for_float(const float* slot, int owner) const {
    Spin spin(arguments_.bound);
    std::uint32_t bits = poll(slot);
    while (__any_sync(0xffffffffU, bits == empty_word)) {
      if (spin.is_due() && spin.warp_gives_up(bits == empty_word, owner, epoch_)) break;
      bits = poll(slot);
    }
    return __uint_as_float(bits);
  }
  /// After a __syncthreads(), thread 0 empties the slots.
  __device__ __forceinline__ RowScalars wait_for_scalars(int owner, std::uint32_t tile) const {
    RowScalars row;
    row.scalar = wait_for_float(scalar_slot(arguments_.rank, tile), owner);
    if (arbiter_epilogue_needs_maximum()) row.maximum = wait_for_float(maximum_slot(arguments_.rank, tile), owner);
    __syncthreads();
    if (threadIdx.x == 0) {
      clear(scalar_slot(arguments_.rank, tile));
      if (arbiter_epilogue_needs_maximum()) clear(maximum_slot(arguments_.rank, tile));
    }
    return row;
  }

  __device__ __forceinline__ void gather(std::uint32_t tile) const {
    const int owner = owner_of(tile);
    if (owner == arguments_.rank) return;  // the same in all threads of the block
    TileState<PerThread> kept(tiles_.vectors(), tiles_.first());
    kept.each([&](std::uint32_t v, Packed& epilogue_state, EpilogueInputs& inputs) {
      const VectorPlace at = tiles_.place(tile, v);
      if constexpr (TileState<PerThread>::in_registers) {
        arbiter_epilogue_load_constant(arguments_.epilogue, at, inputs);
        arbiter_epilogue_locate(arguments_.epilogue, at, inputs);
      }
      const bool wanted = at.count != 0;
      Packed* const slot = gathered_here(tile, v);
      epilogue_state = wait_for_vector(slot, wanted, owner, arguments_.bound, epoch_);
      if (!wanted) return;
      clear(slot);
      arbiter_epilogue_store_state(arguments_.epilogue, at, epilogue_state);
    });
    RowScalars row;
    if constexpr (Tiles::whole_rows) row = wait_for_scalars(owner, tile);
    finish(tile, kept, row);
  }

  const TwoshotArguments& arguments_;
  Tiles tiles_;
  RowSums<Tiles, PerThread> sums_;
  std::uint32_t count_ = 0;  ///< tiles
  std::uint32_t epoch_ = 0;
  std::uint32_t buffer_ = 0;
  Packed* scattered_here_ = nullptr;  ///< this rank's slots of the current buffer, for the tiles it owns
  Packed* gathered_here_ = nullptr;   ///< and for the tiles of its peers
};

}  // namespace

#define ARBITER_TWOSHOT(ranks, per_thread, tiles, threads, name)                                  \
  extern "C" __global__ void __launch_bounds__(threads, blocks_at_once<ranks, per_thread, tiles>) \
      twoshot_##name(const __grid_constant__ TwoshotArguments arguments) {                        \
    Twoshot<ranks, per_thread, tiles>(arguments).run();                                           \
  }

ARBITER_TILE_KERNELS(ARBITER_TWOSHOT)
