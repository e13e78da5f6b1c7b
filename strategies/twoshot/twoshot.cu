// TWOSHOT on CUDA: reduce-scatter, then all-gather, in one kernel without a barrier. Every tile (a token row, or a
// piece of the message where the epilogue looks at single elements) has an owner; of as many neighbouring tiles as
// there are ranks each rank owns one.
//
// The blocks, or clusters of blocks that share long rows, take tiles in turns, on all ranks alike. While it works on
// one, a block
//   scatters   its part of the next tile to that tile's owner,
//   reduces    this tile, if it owns it: polls the peers' parts, sums in rank order in fp32, begins the epilogue,
//              sends what that carries (and the row's scalar) to all peers, and finishes the row itself,
//   gathers    the tile before, if a peer owns it: polls what its owner epilogue_state, and finishes the row.
// So both halves overlap, and what is waited for was sent a tile ago. Each 16 bytes are their own flag, as in ONESHOT
// (arbiter/cuda/lamport.cuh).
//
// Blocks wait for the same tiles of other ranks, so all of a grid must be resident; each takes its tiles in rising
// order and sends before it waits, so the lowest tile that is not done can always be.
//
// Two buffers take turns. A peer writes to a buffer of operation e again in e + 2, for which it must have finished
// e + 1, and so have had something from this rank that was sent after this rank's kernel of e had ended: its part of a
// tile the peer owns or its epilogue_state tile. A rank that owns nothing in e + 1 and is sent nothing is kept in step by
// the tiles it gathers: every rank gathers or owns every tile.
#include "arbiter/cuda/row_sum.cuh"
#include "cuda_common/lamport.cuh"
#include "cuda_common/message_layout.cuh"
#include "cuda_common/rank_order_sum.cuh"
#include "cuda_common/tile_kernels.cuh"
#include "twoshot_arguments.hpp"

namespace {

using namespace arbiter::cuda;
using arbiter::twoshot::TwoshotArguments;

template <int Ranks, int PerThread, class Tiles>
class Twoshot {
 public:
  __device__ __forceinline__ explicit Twoshot(const TwoshotArguments& arguments)
      : arguments_(arguments), tiles_(arguments), count_(tiles_.count()) {}

  __device__ __forceinline__ void run() {
    epoch_ = start_operation(static_cast<EpochState*>(arguments_.state));
    buffer_ = epoch_ % 2;
    scattered_here_ = static_cast<Packed*>(arguments_.scattered[arguments_.rank]) +
                      static_cast<std::int64_t>(buffer_) * Ranks * arguments_.owned_slots;
    gathered_here_ = static_cast<Packed*>(arguments_.gathered[arguments_.rank]) + buffer_ * arguments_.all_slots;
    evaluate_now(scattered_here_);
    evaluate_now(gathered_here_);
    const std::uint32_t at_once = gridDim.x / Tiles::blocks;
    std::uint32_t tile = blockIdx.x / Tiles::blocks;
    scatter_first(tile, tile < count_);
    sums_.open();
    std::uint32_t before = count_;
    for (; tile < count_; tile += at_once) {
      if (tile + at_once < count_) scatter(tile + at_once);
      if (owner_of(tile) == arguments_.rank) reduce(tile);
      if (before < count_) gather(before);
      before = tile;
    }
    if (before < count_) gather(before);
  }

 private:
  static constexpr bool one_vector = TileState<PerThread>::one_vector;

  /// Changes along a block's tiles also where the number of blocks is a multiple of the ranks'.
  __device__ __forceinline__ int owner_of(std::uint32_t tile) const {
    return static_cast<int>((tile + tile / Ranks) % Ranks);
  }
  __device__ __forceinline__ Packed own_part(const VectorPlace& at) const {
    return load_vector(static_cast<const Element*>(arguments_.input) + at.offset, at);
  }
  /// Where `source` sends a vector of a tile of this rank's.
  __device__ __forceinline__ Packed* scattered_here(int source, std::uint32_t tile, std::uint32_t v) const {
    return scattered_here_ + source * arguments_.owned_slots + (tile / Ranks * tiles_.vectors() + v);
  }
  /// Where this rank sends a vector of a tile of `owner`'s.
  __device__ __forceinline__ Packed* scattered(int owner, std::uint32_t tile, std::uint32_t v) const {
    return static_cast<Packed*>(arguments_.scattered[owner]) +
           (static_cast<std::int64_t>(buffer_) * Ranks + arguments_.rank) * arguments_.owned_slots +
           (tile / Ranks * tiles_.vectors() + v);
  }
  __device__ __forceinline__ Packed* gathered_here(std::uint32_t tile, std::uint32_t v) const {
    return gathered_here_ + (tile * tiles_.vectors() + v);
  }
  __device__ __forceinline__ Packed* gathered(int at_rank, std::uint32_t tile, std::uint32_t v) const {
    return static_cast<Packed*>(arguments_.gathered[at_rank]) + buffer_ * arguments_.all_slots +
           (tile * tiles_.vectors() + v);
  }
  /// Each block of a cluster has its own, which it empties.
  __device__ __forceinline__ float* scalar_slot(int at_rank, std::uint32_t tile) const {
    const std::uint32_t block = Tiles::blocks == 1 ? 0 : block_in_cluster();
    return static_cast<float*>(arguments_.scalars[at_rank]) + buffer_ * arguments_.all_scalars +
           (tile * Tiles::blocks + block);
  }
  __device__ __forceinline__ int peer_at(int step) const { return (arguments_.rank + step) % Ranks; }

  /// What every operation waits for first: the addresses of a thread's first vector are known when the input is there.
  __device__ __forceinline__ void scatter_first(std::uint32_t tile, bool is_one) const {
    const int owner = owner_of(tile);
    const std::uint32_t v = tiles_.first() + threadIdx.x;
    const VectorPlace at = tiles_.place(tile, v);
    const Element* const from = static_cast<const Element*>(arguments_.input) + at.offset;
    Packed* const to = scattered(owner, tile, v);
    pdl_wait(reinterpret_cast<std::uintptr_t>(from) | reinterpret_cast<std::uintptr_t>(to));
    if (!is_one || owner == arguments_.rank) return;
    if (at.count != 0) push(to, without_empty_words(load_vector(from, at)));
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
    float statistic = 0.0F;
    kept.each([&](std::uint32_t v, Packed& epilogue_state, EpilogueInputs& inputs) {
      const VectorPlace at = tiles_.place(tile, v);
      if constexpr (!TileState<PerThread>::in_registers) {
        arbiter_epilogue_load_constant(epilogue, at, inputs);
        arbiter_epilogue_locate(epilogue, at, inputs);
        arbiter_epilogue_load(epilogue, at, inputs);
      }
      const bool wanted = at.count != 0;
      const Accumulators sum = sum_in_rank_order<Ranks>(arguments_.rank, own_part(at), wanted, arguments_.bound, epoch_,
                                                        [&](int source) { return scattered_here(source, tile, v); });
      statistic += arbiter_epilogue_begin(epilogue, at, inputs, sum, epilogue_state);
      // What is sent is what is kept, so that all ranks finish from the same bits.
      epilogue_state = without_empty_words(epilogue_state);
#pragma unroll
      for (int step = 1; step < Ranks; ++step) {
        if (wanted) push(gathered(peer_at(step), tile, v), epilogue_state);
      }
      arbiter_epilogue_store_state(epilogue, at, epilogue_state);
    });
    float scalar = 0.0F;
    if constexpr (Tiles::whole_rows) {
      scalar = arbiter_epilogue_scalar(epilogue, sums_.sum(statistic));
      if (threadIdx.x > 0 && threadIdx.x < Ranks) {
        push(scalar_slot(peer_at(static_cast<int>(threadIdx.x)), tile), scalar);
      }
    }
    finish(tile, kept, scalar);
  }

  __device__ __forceinline__ void finish(std::uint32_t tile, TileState<PerThread>& kept, float scalar) const {
    kept.each([&](std::uint32_t v, Packed& epilogue_state, EpilogueInputs& inputs) {
      const VectorPlace at = tiles_.place(tile, v);
      if constexpr (!TileState<PerThread>::in_registers) {
        arbiter_epilogue_load_constant(arguments_.epilogue, at, inputs);
        arbiter_epilogue_locate(arguments_.epilogue, at, inputs);
      }
      arbiter_epilogue_finish(arguments_.epilogue, at, inputs, epilogue_state, scalar);
    });
  }

  /// Every thread polls the scalar itself; one of them empties it when all have it.
  __device__ __forceinline__ float wait_for_scalar(int owner, std::uint32_t tile) const {
    const float* const slot = scalar_slot(arguments_.rank, tile);
    Spin spin(arguments_.bound);
    std::uint32_t bits = look(slot);
    while (__any_sync(0xffffffffU, bits == empty_word)) {
      if (spin.is_due() && spin.warp_gives_up(bits == empty_word, owner, epoch_)) break;
      bits = look(slot);
    }
    __syncthreads();
    if (threadIdx.x == 0) clear(scalar_slot(arguments_.rank, tile));
    return __uint_as_float(bits);
  }

  __device__ __forceinline__ void gather(std::uint32_t tile) const {
    const int owner = owner_of(tile);
    if (owner == arguments_.rank) return;  // the same for the aligned block
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
    float scalar = 0.0F;
    if constexpr (Tiles::whole_rows) scalar = wait_for_scalar(owner, tile);
    finish(tile, kept, scalar);
  }

  const TwoshotArguments& arguments_;
  Tiles tiles_;
  RowSums<Tiles> sums_;
  std::uint32_t count_;
  std::uint32_t epoch_ = 0;
  std::uint32_t buffer_ = 0;
  Packed* scattered_here_ = nullptr;  ///< what is sent to this rank, the parts of its tiles
  Packed* gathered_here_ = nullptr;   ///< and what owners epilogue_state
};

}  // namespace

#define ARBITER_TWOSHOT(ranks, per_thread, tiles, threads, name)          \
  extern "C" __global__ void __launch_bounds__(threads, 1)                 \
      twoshot_##name(const __grid_constant__ TwoshotArguments arguments) { \
    Twoshot<ranks, per_thread, tiles>(arguments).run();                   \
  }

ARBITER_STRIP_KERNELS(ARBITER_TWOSHOT)
