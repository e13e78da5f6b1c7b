// TWOSHOT on CUDA: reduce-scatter, then all-gather, in one kernel without a barrier. Every strip (a token row, or a
// piece of the message where the epilogue looks at single elements) has an owner, rank strip % ranks.
//
// A block works on rounds of one strip per rank. In round r it
//   scatters   its parts of round r + 1's strips to their owners,
//   reduces    its own strip of round r: polls the peers' parts, sums in rank order in fp32, begins the epilogue, sends
//              what that carries (and the row's scalar) to all peers, and finishes the row itself,
//   gathers    the peers' strips of round r - 1: polls what their owners carried, and finishes those rows.
// So both halves overlap, and what is waited for was sent a round ago. Each 16 bytes are their own flag, as in ONESHOT
// (arbiter/cuda/lamport.cuh).
//
// Two buffers take turns. A peer writes to a buffer of operation e again in e + 2, for which it must have finished
// e + 1, and so have had something from this rank that was sent after this rank's kernel of e had ended: its part of a
// strip the peer owns or its carried strip. A rank that owns nothing in e + 1 and is sent nothing is kept in step by
// the strips it gathers: every rank gathers or owns every strip.
#include "arbiter/cuda/block_sum.cuh"
#include "arbiter/cuda/lamport.cuh"
#include "arbiter/cuda/message_layout.cuh"
#include "arbiter/cuda/rank_order_sum.cuh"
#include "twoshot_arguments.hpp"

namespace {

using namespace arbiter::cuda;
using arbiter::twoshot::TwoshotArguments;

template <int Ranks, int PerThread, class Strips>
class Twoshot {
 public:
  __device__ __forceinline__ explicit Twoshot(const TwoshotArguments& arguments)
      : arguments_(arguments),
        strips_({arguments.num_tokens, arguments.hidden_size, arguments.vectors_per_row}),
        count_(strips_.count()) {}

  __device__ __forceinline__ void run() {
    wait_for_kernel_in_front();
    let_next_kernel_start();
    auto* const state = static_cast<EpochState*>(arguments_.state);
    epoch_ = read_epoch(state);
    buffer_ = epoch_ % 2;
    const std::int64_t rounds = (count_ + Ranks - 1) / Ranks;
    std::int64_t round = blockIdx.x;
    if (round < rounds) scatter(round);
    epoch_is_read(state, epoch_);
    std::int64_t before = -1;
    for (; round < rounds; round += gridDim.x) {
      if (round + gridDim.x < rounds) scatter(round + gridDim.x);
      reduce(round);
      if (before >= 0) gather(before);
      before = round;
    }
    if (before >= 0) gather(before);
  }

 private:
  __device__ __forceinline__ Packed own_part(const VectorPlace& at) const {
    const auto* const message = static_cast<const Element*>(arguments_.input);
    return load_vector(message + at.row * arguments_.hidden_size + at.column, at.count);
  }
  __device__ __forceinline__ Packed* scattered(int at_rank, int source, std::int64_t round, int v) const {
    return static_cast<Packed*>(arguments_.scattered[at_rank]) +
           (static_cast<std::int64_t>(buffer_) * Ranks + source) * arguments_.owned_slots + round * strips_.vectors() +
           v;
  }
  __device__ __forceinline__ Packed* gathered(int at_rank, std::int64_t strip, int v) const {
    return static_cast<Packed*>(arguments_.gathered[at_rank]) + buffer_ * arguments_.all_slots +
           strip * strips_.vectors() + v;
  }
  __device__ __forceinline__ float* scalar_slot(int at_rank, std::int64_t strip) const {
    return static_cast<float*>(arguments_.scalars[at_rank]) + buffer_ * arguments_.all_strips + strip;
  }
  __device__ __forceinline__ int peer_at(int step) const { return (arguments_.rank + step) % Ranks; }

  __device__ __forceinline__ void scatter(std::int64_t round) const {
#pragma unroll
    for (int step = 1; step < Ranks; ++step) {
      const int owner = peer_at(step);
      const std::int64_t strip = round * Ranks + owner;
      if (strip >= count_) continue;
      for (int v = static_cast<int>(threadIdx.x); v < strips_.vectors(); v += static_cast<int>(blockDim.x)) {
        const VectorPlace at = strips_.place(strip, v);
        if (at.count == 0) continue;
        push(scattered(owner, arguments_.rank, round, v), without_empty_words(own_part(at)));
      }
    }
  }

  __device__ __forceinline__ void reduce(std::int64_t round) const {
    const std::int64_t strip = round * Ranks + arguments_.rank;
    if (strip >= count_) return;  // the same for the whole block
    const auto& epilogue = arguments_.epilogue;
    CarriedStrip<PerThread> kept(strips_.vectors());
    if constexpr (CarriedStrip<PerThread>::in_registers) {
      kept.each([&](int v, Packed&, EpilogueInputs& inputs) {
        const VectorPlace at = strips_.place(strip, v);
        arbiter_epilogue_load_constant(epilogue, at, inputs);
        arbiter_epilogue_load(epilogue, at, inputs);
      });
    }
    float statistic = 0.0F;
    kept.each([&](int v, Packed& carried, EpilogueInputs& inputs) {
      const VectorPlace at = strips_.place(strip, v);
      if constexpr (!CarriedStrip<PerThread>::in_registers) {
        arbiter_epilogue_load_constant(epilogue, at, inputs);
        arbiter_epilogue_load(epilogue, at, inputs);
      }
      carried = zeros();
      if (at.count == 0) return;
      const Accumulators sum =
          sum_in_rank_order<Ranks>(arguments_.rank, own_part(at), arguments_.bound, epoch_,
                                   [&](int source) { return scattered(arguments_.rank, source, round, v); });
      statistic += arbiter_epilogue_begin(epilogue, at, inputs, sum, carried);
      // What is sent is what is kept, so that all ranks finish from the same bits.
      carried = without_empty_words(carried);
#pragma unroll
      for (int step = 1; step < Ranks; ++step) push(gathered(peer_at(step), strip, v), carried);
    });
    float scalar = 0.0F;
    if constexpr (Strips::whole_rows) {
      scalar = arbiter_epilogue_scalar(epilogue, block_sum(statistic));
      if (threadIdx.x > 0 && threadIdx.x < Ranks) {
        push(scalar_slot(peer_at(static_cast<int>(threadIdx.x)), strip), scalar);
      }
    }
    finish(strip, kept, scalar);
  }

  __device__ __forceinline__ void finish(std::int64_t strip, CarriedStrip<PerThread>& kept, float scalar) const {
    kept.each([&](int v, Packed& carried, EpilogueInputs& inputs) {
      const VectorPlace at = strips_.place(strip, v);
      if constexpr (!CarriedStrip<PerThread>::in_registers) {
        arbiter_epilogue_load_constant(arguments_.epilogue, at, inputs);
      }
      arbiter_epilogue_finish(arguments_.epilogue, at, inputs, carried, scalar);
    });
  }

  __device__ __forceinline__ Packed wait_for_vector(int owner, const Packed* slot) const {
    Spin spin(arguments_.bound);
    Packed value = look(slot);
    while (!is_full(value) && !spin.gives_up(owner, epoch_)) value = look(slot);
    return value;
  }

  /// Every thread polls the scalar itself; one of them empties it when all have it.
  __device__ __forceinline__ float wait_for_scalar(int owner, std::int64_t strip) const {
    const float* const slot = scalar_slot(arguments_.rank, strip);
    Spin spin(arguments_.bound);
    std::uint32_t bits = look(slot);
    while (bits == empty_word && !spin.gives_up(owner, epoch_)) bits = look(slot);
    __syncthreads();
    if (threadIdx.x == 0) clear(scalar_slot(arguments_.rank, strip));
    return __uint_as_float(bits);
  }

  __device__ __forceinline__ void gather(std::int64_t round) const {
#pragma unroll 1
    for (int step = 1; step < Ranks; ++step) {
      const int owner = peer_at(step);
      const std::int64_t strip = round * Ranks + owner;
      if (strip >= count_) continue;  // the same for the whole block
      CarriedStrip<PerThread> kept(strips_.vectors());
      kept.each([&](int v, Packed& carried, EpilogueInputs& inputs) {
        const VectorPlace at = strips_.place(strip, v);
        if constexpr (CarriedStrip<PerThread>::in_registers) {
          arbiter_epilogue_load_constant(arguments_.epilogue, at, inputs);
        }
        carried = zeros();
        if (at.count == 0) return;
        carried = wait_for_vector(owner, gathered(arguments_.rank, strip, v));
        clear(gathered(arguments_.rank, strip, v));
      });
      float scalar = 0.0F;
      if constexpr (Strips::whole_rows) scalar = wait_for_scalar(owner, strip);
      finish(strip, kept, scalar);
    }
  }

  const TwoshotArguments& arguments_;
  Strips strips_;
  std::int64_t count_;
  std::uint32_t epoch_ = 0;
  std::uint32_t buffer_ = 0;
};

}  // namespace

#define ARBITER_TWOSHOT(ranks, per_thread, strips, threads, name)                                                     \
  extern "C" __global__ void __launch_bounds__(threads, 1) name(const __grid_constant__ TwoshotArguments arguments) { \
    Twoshot<ranks, per_thread, strips>(arguments).run();                                                              \
  }
#define ARBITER_TWOSHOT_OF(ranks, threads)                             \
  ARBITER_TWOSHOT(ranks, 1, FlatStrips, 512, twoshot_flat_##ranks)     \
  ARBITER_TWOSHOT(ranks, 1, RowStrips, threads, twoshot_rows1_##ranks) \
  ARBITER_TWOSHOT(ranks, 0, RowStrips, 256, twoshot_wide_##ranks)

// What StripPlan asks for: the parts of eight ranks take so many registers that a block has fewer threads.
ARBITER_TWOSHOT_OF(2, 512)
ARBITER_TWOSHOT_OF(4, 512)
ARBITER_TWOSHOT_OF(8, 256)
ARBITER_TWOSHOT(2, 2, RowStrips, 512, twoshot_rows2_2)
ARBITER_TWOSHOT(4, 2, RowStrips, 512, twoshot_rows2_4)
