// TWOSHOT on CUDA: reduce-scatter, then all-gather, in one kernel without a barrier. Every strip (a token row, or a
// piece of the message where the epilogue looks at single elements) has an owner; of as many neighbouring strips as
// there are ranks each rank owns one.
//
// The blocks, or clusters of blocks that share long rows, take strips in turns, on all ranks alike. While it works on
// one, a block
//   scatters   its part of the next strip to that strip's owner,
//   reduces    this strip, if it owns it: polls the peers' parts, sums in rank order in fp32, begins the epilogue,
//              sends what that carries (and the row's scalar) to all peers, and finishes the row itself,
//   gathers    the strip before, if a peer owns it: polls what its owner carried, and finishes the row.
// So both halves overlap, and what is waited for was sent a strip ago. Each 16 bytes are their own flag, as in ONESHOT
// (arbiter/cuda/lamport.cuh).
//
// Blocks wait for the same strips of other ranks, so all of a grid must be resident; each takes its strips in rising
// order and sends before it waits, so the lowest strip that is not done can always be.
//
// Two buffers take turns. A peer writes to a buffer of operation e again in e + 2, for which it must have finished
// e + 1, and so have had something from this rank that was sent after this rank's kernel of e had ended: its part of a
// strip the peer owns or its carried strip. A rank that owns nothing in e + 1 and is sent nothing is kept in step by
// the strips it gathers: every rank gathers or owns every strip.
#include "arbiter/cuda/block_sum.cuh"
#include "arbiter/cuda/lamport.cuh"
#include "arbiter/cuda/message_layout.cuh"
#include "arbiter/cuda/rank_order_sum.cuh"
#include "arbiter/cuda/strip_kernels.cuh"
#include "twoshot_arguments.hpp"

namespace {

using namespace arbiter::cuda;
using arbiter::twoshot::TwoshotArguments;

template <int Ranks, int PerThread, class Strips>
class Twoshot {
 public:
  __device__ __forceinline__ explicit Twoshot(const TwoshotArguments& arguments)
      : arguments_(arguments), strips_(arguments), count_(strips_.count()) {}

  __device__ __forceinline__ void run() {
    epoch_ = start_operation(static_cast<EpochState*>(arguments_.state));
    buffer_ = epoch_ % 2;
    scattered_here_ = static_cast<Packed*>(arguments_.scattered[arguments_.rank]) +
                      static_cast<std::int64_t>(buffer_) * Ranks * arguments_.owned_slots;
    gathered_here_ = static_cast<Packed*>(arguments_.gathered[arguments_.rank]) + buffer_ * arguments_.all_slots;
    compute_now(scattered_here_);
    compute_now(gathered_here_);
    const std::uint32_t at_once = gridDim.x / Strips::blocks;
    std::uint32_t strip = blockIdx.x / Strips::blocks;
    scatter_first(strip, strip < count_);
    sums_.open();
    std::uint32_t before = count_;
    for (; strip < count_; strip += at_once) {
      if (strip + at_once < count_) scatter(strip + at_once);
      if (owner_of(strip) == arguments_.rank) reduce(strip);
      if (before < count_) gather(before);
      before = strip;
    }
    if (before < count_) gather(before);
  }

 private:
  static constexpr bool one_vector = CarriedStrip<PerThread>::one_vector;

  /// Changes along a block's strips also where the number of blocks is a multiple of the ranks'.
  __device__ __forceinline__ int owner_of(std::uint32_t strip) const {
    return static_cast<int>((strip + strip / Ranks) % Ranks);
  }
  __device__ __forceinline__ Packed own_part(const VectorPlace& at) const {
    return load_vector(static_cast<const Element*>(arguments_.input) + at.offset, at);
  }
  /// Where `source` sends a vector of a strip of this rank's.
  __device__ __forceinline__ Packed* scattered_here(int source, std::uint32_t strip, std::uint32_t v) const {
    return scattered_here_ + source * arguments_.owned_slots + (strip / Ranks * strips_.vectors() + v);
  }
  /// Where this rank sends a vector of a strip of `owner`'s.
  __device__ __forceinline__ Packed* scattered(int owner, std::uint32_t strip, std::uint32_t v) const {
    return static_cast<Packed*>(arguments_.scattered[owner]) +
           (static_cast<std::int64_t>(buffer_) * Ranks + arguments_.rank) * arguments_.owned_slots +
           (strip / Ranks * strips_.vectors() + v);
  }
  __device__ __forceinline__ Packed* gathered_here(std::uint32_t strip, std::uint32_t v) const {
    return gathered_here_ + (strip * strips_.vectors() + v);
  }
  __device__ __forceinline__ Packed* gathered(int at_rank, std::uint32_t strip, std::uint32_t v) const {
    return static_cast<Packed*>(arguments_.gathered[at_rank]) + buffer_ * arguments_.all_slots +
           (strip * strips_.vectors() + v);
  }
  /// Each block of a cluster has its own, which it empties.
  __device__ __forceinline__ float* scalar_slot(int at_rank, std::uint32_t strip) const {
    const std::uint32_t block = Strips::blocks == 1 ? 0 : block_in_cluster();
    return static_cast<float*>(arguments_.scalars[at_rank]) + buffer_ * arguments_.all_scalars +
           (strip * Strips::blocks + block);
  }
  __device__ __forceinline__ int peer_at(int step) const { return (arguments_.rank + step) % Ranks; }

  /// What every operation waits for first: the addresses of a thread's first vector are known when the input is there.
  __device__ __forceinline__ void scatter_first(std::uint32_t strip, bool is_one) const {
    const int owner = owner_of(strip);
    const std::uint32_t v = strips_.first() + threadIdx.x;
    const VectorPlace at = strips_.place(strip, v);
    const Element* const from = static_cast<const Element*>(arguments_.input) + at.offset;
    Packed* const to = scattered(owner, strip, v);
    wait_for_kernel_in_front(reinterpret_cast<std::uintptr_t>(from) | reinterpret_cast<std::uintptr_t>(to));
    if (!is_one || owner == arguments_.rank) return;
    if (at.count != 0) push(to, without_empty_words(load_vector(from, at)));
    if constexpr (!one_vector) scatter_from(strip, v + blockDim.x);
  }

  __device__ __forceinline__ void scatter(std::uint32_t strip) const {
    if (owner_of(strip) == arguments_.rank) return;
    const std::uint32_t v = strips_.first() + threadIdx.x;
    scatter_vector(strip, v);
    if constexpr (!one_vector) scatter_from(strip, v + blockDim.x);
  }
  __device__ __forceinline__ void scatter_from(std::uint32_t strip, std::uint32_t first) const {
    for (std::uint32_t v = first; v < strips_.last(); v += blockDim.x) scatter_vector(strip, v);
  }
  __device__ __forceinline__ void scatter_vector(std::uint32_t strip, std::uint32_t v) const {
    const VectorPlace at = strips_.place(strip, v);
    if (at.count != 0) push(scattered(owner_of(strip), strip, v), without_empty_words(own_part(at)));
  }

  __device__ __forceinline__ void reduce(std::uint32_t strip) {
    const auto& epilogue = arguments_.epilogue;
    CarriedStrip<PerThread> kept(strips_.vectors(), strips_.first());
    if constexpr (CarriedStrip<PerThread>::in_registers) {
      kept.each([&](std::uint32_t v, Packed&, EpilogueInputs& inputs) {
        const VectorPlace at = strips_.place(strip, v);
        arbiter_epilogue_load_constant(epilogue, at, inputs);
        arbiter_epilogue_locate(epilogue, at, inputs);
        arbiter_epilogue_load(epilogue, at, inputs);
      });
    }
    float statistic = 0.0F;
    kept.each([&](std::uint32_t v, Packed& carried, EpilogueInputs& inputs) {
      const VectorPlace at = strips_.place(strip, v);
      if constexpr (!CarriedStrip<PerThread>::in_registers) {
        arbiter_epilogue_load_constant(epilogue, at, inputs);
        arbiter_epilogue_locate(epilogue, at, inputs);
        arbiter_epilogue_load(epilogue, at, inputs);
      }
      const bool wanted = at.count != 0;
      const Accumulators sum = sum_in_rank_order<Ranks>(arguments_.rank, own_part(at), wanted, arguments_.bound, epoch_,
                                                        [&](int source) { return scattered_here(source, strip, v); });
      statistic += arbiter_epilogue_begin(epilogue, at, inputs, sum, carried);
      // What is sent is what is kept, so that all ranks finish from the same bits.
      carried = without_empty_words(carried);
#pragma unroll
      for (int step = 1; step < Ranks; ++step) {
        if (wanted) push(gathered(peer_at(step), strip, v), carried);
      }
      arbiter_epilogue_store_carried(epilogue, at, carried);
    });
    float scalar = 0.0F;
    if constexpr (Strips::whole_rows) {
      scalar = arbiter_epilogue_scalar(epilogue, sums_.sum(statistic));
      if (threadIdx.x > 0 && threadIdx.x < Ranks) {
        push(scalar_slot(peer_at(static_cast<int>(threadIdx.x)), strip), scalar);
      }
    }
    finish(strip, kept, scalar);
  }

  __device__ __forceinline__ void finish(std::uint32_t strip, CarriedStrip<PerThread>& kept, float scalar) const {
    kept.each([&](std::uint32_t v, Packed& carried, EpilogueInputs& inputs) {
      const VectorPlace at = strips_.place(strip, v);
      if constexpr (!CarriedStrip<PerThread>::in_registers) {
        arbiter_epilogue_load_constant(arguments_.epilogue, at, inputs);
        arbiter_epilogue_locate(arguments_.epilogue, at, inputs);
      }
      arbiter_epilogue_finish(arguments_.epilogue, at, inputs, carried, scalar);
    });
  }

  /// Every thread polls the scalar itself; one of them empties it when all have it.
  __device__ __forceinline__ float wait_for_scalar(int owner, std::uint32_t strip) const {
    const float* const slot = scalar_slot(arguments_.rank, strip);
    Spin spin(arguments_.bound);
    std::uint32_t bits = look(slot);
    while (__any_sync(0xffffffffU, bits == empty_word)) {
      if (spin.is_due() && spin.warp_gives_up(bits == empty_word, owner, epoch_)) break;
      bits = look(slot);
    }
    __syncthreads();
    if (threadIdx.x == 0) clear(scalar_slot(arguments_.rank, strip));
    return __uint_as_float(bits);
  }

  __device__ __forceinline__ void gather(std::uint32_t strip) const {
    const int owner = owner_of(strip);
    if (owner == arguments_.rank) return;  // the same for the whole block
    CarriedStrip<PerThread> kept(strips_.vectors(), strips_.first());
    kept.each([&](std::uint32_t v, Packed& carried, EpilogueInputs& inputs) {
      const VectorPlace at = strips_.place(strip, v);
      if constexpr (CarriedStrip<PerThread>::in_registers) {
        arbiter_epilogue_load_constant(arguments_.epilogue, at, inputs);
        arbiter_epilogue_locate(arguments_.epilogue, at, inputs);
      }
      const bool wanted = at.count != 0;
      Packed* const slot = gathered_here(strip, v);
      carried = wait_for_vector(slot, wanted, owner, arguments_.bound, epoch_);
      if (!wanted) return;
      clear(slot);
      arbiter_epilogue_store_carried(arguments_.epilogue, at, carried);
    });
    float scalar = 0.0F;
    if constexpr (Strips::whole_rows) scalar = wait_for_scalar(owner, strip);
    finish(strip, kept, scalar);
  }

  const TwoshotArguments& arguments_;
  Strips strips_;
  RowSums<Strips> sums_;
  std::uint32_t count_;
  std::uint32_t epoch_ = 0;
  std::uint32_t buffer_ = 0;
  Packed* scattered_here_ = nullptr;  ///< what is sent to this rank, the parts of its strips
  Packed* gathered_here_ = nullptr;   ///< and what owners carried
};

}  // namespace

#define ARBITER_TWOSHOT(ranks, per_thread, strips, threads, name)          \
  extern "C" __global__ void __launch_bounds__(threads, 1)                 \
      twoshot_##name(const __grid_constant__ TwoshotArguments arguments) { \
    Twoshot<ranks, per_thread, strips>(arguments).run();                   \
  }

ARBITER_STRIP_KERNELS(ARBITER_TWOSHOT)
