// SPDX-License-Identifier: Apache-2.0
// ONESHOT on CUDA: every rank pushes its message to all peers, and every rank reduces everything. One kernel per tile
// type, vectors per thread and number of ranks: ARBITER_TILE_KERNELS (cuda_common/tiles.cuh) lists them.
//
// Phases of a kernel
//   prologue  epoch, addresses. A programmatic launch overlaps this with the preceding kernel, then waits
//             (pdl_wait); any other loads its first vectors while it reads the epoch, and counts its blocks between
//             its first push and its second poll
//   first     push this block's vectors of its first tile into the slots of all peers; load constants
//   loop      for each tile of the block, grid-stride:
//     push    the next tile
//     load    the epilogue's inputs of this tile
//     reduce  poll the peers' vectors of this tile in own memory, clear their slots, sum in rank order in fp32, begin
//             the epilogue
//     finish  sum the row's statistic over the block or cluster, finish the epilogue
//
// Synchronisation between ranks: the data only. Each 16 bytes are their own flag (cuda_common/lamport.cuh), so there is
// no barrier and no fence. A block waits for the same tiles of other ranks. So that it never waits for a block that
// cannot run, all blocks of a grid must be resident, and each takes its tiles in rising order: the lowest unfinished
// tile can always be finished.
//
// Synchronisation between kernels: two buffers of slots alternate. A peer pushes to the buffer of operation e again in
// e + 2, after it has received this rank's vectors of e + 1. This rank pushes those after pdl_wait, hence after its
// kernel of e, which clears the slots, has ended.
//
// Synchronisation within a block or cluster: BlockCount and the row sums.
#include "arbiter/cuda/row_sum.cuh"
#include "cuda_common/lamport.cuh"
#include "cuda_common/rank_order_sum.cuh"
#include "cuda_common/tiles.cuh"
#include "oneshot_arguments.hpp"

namespace {

using namespace arbiter::cuda;
using arbiter::oneshot::OneshotArguments;

template <int Ranks, int PerThread, class Tiles>
class Oneshot {
 public:
  __device__ __forceinline__ explicit Oneshot(const OneshotArguments& arguments)
      : arguments_(arguments), tiles_(arguments), sums_(arbiter_epilogue_needs_maximum()) {}

  __device__ __forceinline__ void run() {
    TileState<PerThread> epilogue_state(tiles_.vectors(), tiles_.first());
    const std::uint32_t at_once = gridDim.x / Tiles::blocks;
    std::uint32_t tile = blockIdx.x / Tiles::blocks;
    BlockCount blocks(arguments_.trigger);
    const VectorPlace first = tiles_.place(tile, tiles_.first() + threadIdx.x);
    const bool has_first = tiles_.has(tile, first);
    Packed own = zeros();
    if (!arbiter_is_programmatic() && has_first) own = own_part(first);
    epoch_ = epoch_of(state());
    std::uint32_t tiles = tiles_.count();
    if constexpr (!Tiles::whole_rows) evaluate_now(tiles);  // a division
    if (arbiter_is_programmatic()) count_block(state(), epoch_, arguments_.trigger);
    buffer_ = static_cast<std::int64_t>(epoch_ % 2) * Ranks * arguments_.slots_per_source;

    arriving_ = static_cast<Packed*>(arguments_.slots[arguments_.rank]) + buffer_;
    if constexpr (Ranks == 2) arriving_ += (1 - arguments_.rank) * arguments_.slots_per_source;
    evaluate_now(arriving_);

    push_first(tile, has_first, own);
    if constexpr (constants_persist) load_constants(epilogue_state);
    if (!arbiter_is_programmatic()) blocks.begin(state(), epoch_);
    sums_.open(arguments_.bound, epoch_);
    while (tile < tiles) {
      const std::uint32_t next = tile + at_once;
      Packed own_of_next = zeros();
      if (next < tiles) own_of_next = push_tile(next);
      reduce_tile(tile, own, epilogue_state, blocks);
      own = own_of_next;
      tile = next;
    }
    if (!arbiter_is_programmatic()) blocks.end(state(), epoch_);  // of a block without tiles
    trigger_at_end(arguments_.trigger);
  }

 private:
  __device__ __forceinline__ EpochState* state() const { return static_cast<EpochState*>(arguments_.state); }
  static constexpr bool one_vector = TileState<PerThread>::one_vector;
  /// A thread has the same columns in every row, so it loads constants once.
  static constexpr bool constants_persist = Tiles::whole_rows && TileState<PerThread>::in_registers;

  __device__ __forceinline__ Packed* slot(int at_rank, std::uint32_t vector) const {
    return static_cast<Packed*>(arguments_.slots[at_rank]) + buffer_ + arguments_.rank * arguments_.slots_per_source +
           vector;
  }
  __device__ __forceinline__ RankSlots arriving(std::uint32_t vector) const {
    return {arriving_ + vector, Ranks == 2 ? 0 : arguments_.slots_per_source};
  }
  __device__ __forceinline__ int peer_at(int step) const { return (arguments_.rank + step) % Ranks; }
  __device__ __forceinline__ Packed own_part(const VectorPlace& at) const {
    return load_vector(static_cast<const Element*>(arguments_.input) + at.offset, at);
  }

  __device__ __forceinline__ void load_constants(TileState<PerThread>& epilogue_state) const {
    epilogue_state.each([&](std::uint32_t v, Packed&, EpilogueInputs& inputs) {
      arbiter_epilogue_load_constant(arguments_.epilogue, tiles_.place(0, v), inputs);
    });
  }

  /// Pushes the first tile, if there is one. `own` is the thread's first vector, which a programmatic launch loads
  /// here, after pdl_wait(); the addresses are computed before.
  __device__ __forceinline__ void push_first(std::uint32_t tile, bool has_first, Packed& own) const {
    const std::uint32_t v = tiles_.first() + threadIdx.x;
    const VectorPlace at = tiles_.place(tile, v);
    const Element* const from = static_cast<const Element*>(arguments_.input) + at.offset;
    Packed* to[Ranks - 1];
    auto addresses = reinterpret_cast<std::uintptr_t>(from);
#pragma unroll
    for (int step = 1; step < Ranks; ++step) {
      to[step - 1] = slot(peer_at(step), tile * tiles_.vectors() + v);
      addresses |= reinterpret_cast<std::uintptr_t>(to[step - 1]);
    }
    if (arbiter_is_programmatic()) {
      pdl_wait(addresses);
      if (has_first) own = load_vector(from, at);
    }
    if (has_first) {
      const Packed sent = without_empty_words(own);
#pragma unroll
      for (int step = 1; step < Ranks; ++step) push(to[step - 1], sent);
    }
    if constexpr (!one_vector) {
      if (tile < tiles_.count()) push_from(tile, v + blockDim.x);
    }
  }

  /// Returns the thread's first vector.
  __device__ __forceinline__ Packed push_tile(std::uint32_t tile) const {
    const std::uint32_t v = tiles_.first() + threadIdx.x;
    const Packed own = push_vector(tile, v);
    if constexpr (!one_vector) push_from(tile, v + blockDim.x);
    return own;
  }
  __device__ __forceinline__ void push_from(std::uint32_t tile, std::uint32_t first) const {
    for (std::uint32_t v = first; v < tiles_.last(); v += blockDim.x) push_vector(tile, v);
  }
  __device__ __forceinline__ Packed push_vector(std::uint32_t tile, std::uint32_t v) const {
    const VectorPlace at = tiles_.place(tile, v);
    if (at.count == 0) return zeros();
    const Packed own = own_part(at);
    const Packed sent = without_empty_words(own);
#pragma unroll
    for (int step = 1; step < Ranks; ++step) push(slot(peer_at(step), tile * tiles_.vectors() + v), sent);
    return own;
  }

  /// `own` is the thread's first vector in this rank's message.
  __device__ __forceinline__ void reduce_tile(std::uint32_t tile, const Packed& own, TileState<PerThread>& kept,
                                              BlockCount& blocks) {
    const auto& epilogue = arguments_.epilogue;
    if constexpr (TileState<PerThread>::in_registers) {
      // All loads of the row's inputs are issued before the first poll.
      kept.each([&](std::uint32_t v, Packed&, EpilogueInputs& inputs) {
        if constexpr (!constants_persist) arbiter_epilogue_load_constant(epilogue, tiles_.place(tile, v), inputs);
        arbiter_epilogue_locate(epilogue, tiles_.place(tile, v), inputs);
        arbiter_epilogue_load(epilogue, tiles_.place(tile, v), inputs);
      });
    }
    RowParts parts;
    if constexpr (polls_together) {
      begin_together(tile, own, kept, blocks, parts);
    } else {
      begin_each(tile, own, kept, blocks, parts);
    }
    RowScalars row;
    if constexpr (Tiles::whole_rows) row = scalars_of_row(epilogue, sums_, parts);
    kept.each([&](std::uint32_t v, Packed& epilogue_state, EpilogueInputs& inputs) {
      const VectorPlace at = tiles_.place(tile, v);
      if constexpr (!TileState<PerThread>::in_registers) {
        arbiter_epilogue_load_constant(epilogue, at, inputs);
        arbiter_epilogue_locate(epilogue, at, inputs);
      }
      arbiter_epilogue_finish(epilogue, at, inputs, epilogue_state, row.scalar, row.maximum);
    });
  }

  using RowParts = RowValues[row_parts<PerThread>];
  /// Two vectors of one peer: more of either take more registers than there are.
  static constexpr bool polls_together = Ranks == 2 && PerThread == 2;

  /// Waits for a tile's vectors and begins the epilogue, one after the other; adds them to this thread's parts of the
  /// row.
  __device__ __forceinline__ void begin_each(std::uint32_t tile, const Packed& own, TileState<PerThread>& kept,
                                             BlockCount& blocks, RowParts& parts) {
    const auto& epilogue = arguments_.epilogue;
    int i = 0;
    kept.each([&](std::uint32_t v, Packed& epilogue_state, EpilogueInputs& inputs) {
      const VectorPlace at = tiles_.place(tile, v);
      if constexpr (!TileState<PerThread>::in_registers) {
        arbiter_epilogue_load_constant(epilogue, at, inputs);
        arbiter_epilogue_locate(epilogue, at, inputs);
        arbiter_epilogue_load(epilogue, at, inputs);
      }
      const bool wanted = at.count != 0;
      bool came = false;  // not needed: nothing is sent on
      const Accumulators sum =
          sum_in_rank_order<Ranks>(arguments_.rank, one_vector ? own : own_part(at), wanted, arguments_.bound, epoch_,
                                   arriving(tile * tiles_.vectors() + v), came, [&] { end_count(blocks); });
      begin(parts, i++, at, inputs, sum, epilogue_state);
    });
  }
  /// The same for several vectors of one peer: the thread polls for all of them at once.
  __device__ __forceinline__ void begin_together(std::uint32_t tile, const Packed& own, TileState<PerThread>& kept,
                                                 BlockCount& blocks, RowParts& parts) {
    const int peer = 1 - arguments_.rank;
    Packed* slots[PerThread];
    Packed own_vectors[PerThread];
    Packed peers[PerThread];
    bool wanted[PerThread];
    int i = 0;
    kept.each([&](std::uint32_t v, Packed&, EpilogueInputs&) {
      const VectorPlace at = tiles_.place(tile, v);
      wanted[i] = at.count != 0;
      slots[i] = arriving(tile * tiles_.vectors() + v).of(peer);
      own_vectors[i] = i == 0 ? own : own_part(at);
      ++i;
    });
    wait_for_vectors(slots, wanted, peer, arguments_.bound, epoch_, peers, [&] { end_count(blocks); });
    i = 0;
    kept.each([&](std::uint32_t v, Packed& epilogue_state, EpilogueInputs& inputs) {
      if (wanted[i]) clear(slots[i]);
      begin(parts, i, tiles_.place(tile, v), inputs, sum_of_two(unpack(own_vectors[i]), unpack(peers[i])),
            epilogue_state);
      ++i;
    });
  }
  __device__ __forceinline__ void end_count(BlockCount& blocks) const {
    if (!arbiter_is_programmatic()) blocks.end(state(), epoch_);
  }
  __device__ __forceinline__ void begin(RowParts& parts, int vector, const VectorPlace& at,
                                        const EpilogueInputs& inputs, const Accumulators& sum,
                                        Packed& epilogue_state) const {
    const float statistic = arbiter_epilogue_begin(arguments_.epilogue, at, inputs, sum, epilogue_state);
    add_to(parts, vector, statistic, arguments_.epilogue, at, inputs, epilogue_state);
    arbiter_epilogue_store_state(arguments_.epilogue, at, epilogue_state);
  }

  const OneshotArguments& arguments_;
  Tiles tiles_;
  RowSums<Tiles, PerThread> sums_;
  std::uint32_t epoch_ = 0;
  std::int64_t buffer_ = 0;
  Packed* arriving_ = nullptr;  ///< this rank's slots of the current buffer: the peer's if Ranks == 2, else rank 0's
};

}  // namespace

#define ARBITER_ONESHOT(ranks, per_thread, tiles, threads, name)                                  \
  extern "C" __global__ void __launch_bounds__(threads, blocks_at_once<ranks, per_thread, tiles>) \
      oneshot_##name(const __grid_constant__ OneshotArguments arguments) {                        \
    Oneshot<ranks, per_thread, tiles>(arguments).run();                                           \
  }

ARBITER_TILE_KERNELS(ARBITER_ONESHOT)
