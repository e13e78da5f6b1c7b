// ONESHOT on CUDA: every rank pushes its message to all peers, and every rank reduces everything.
//
// One phase, and no barrier: a vector of 16 bytes is its own flag (arbiter/cuda/lamport.cuh). For each strip a block,
// or a cluster of blocks that share a long row, pushes its vectors of the next one, polls the peers' vectors of this
// one in its own memory, empties their slots, sums in rank order in fp32 and runs the epilogue.
//
// Two buffers take turns. A peer writes to the buffer of operation e again in e + 2, after it has seen this rank's
// vectors of e + 1, which this rank sends after its kernel of e, and the emptying of slots in it, has ended.
//
// Blocks wait for the same strips of other ranks, so all of a grid must be resident; each takes its strips in rising
// order, so the lowest strip that is not done can always be.
#include "arbiter/cuda/block_sum.cuh"
#include "arbiter/cuda/lamport.cuh"
#include "arbiter/cuda/message_layout.cuh"
#include "arbiter/cuda/rank_order_sum.cuh"
#include "arbiter/cuda/strip_kernels.cuh"
#include "oneshot_arguments.hpp"

namespace {

using namespace arbiter::cuda;
using arbiter::oneshot::OneshotArguments;

template <int Ranks, int PerThread, class Strips>
class Oneshot {
 public:
  __device__ __forceinline__ explicit Oneshot(const OneshotArguments& arguments)
      : arguments_(arguments), strips_(arguments) {}

  __device__ __forceinline__ void run() {
    CarriedStrip<PerThread> carried(strips_.vectors(), strips_.first());
    if constexpr (constants_last) load_constants(carried);
    epoch_ = start_operation(static_cast<EpochState*>(arguments_.state));
    buffer_ = static_cast<std::int64_t>(epoch_ % 2) * Ranks * arguments_.slots_per_source;

    arriving_ = static_cast<Packed*>(arguments_.slots[arguments_.rank]) + buffer_;
    if constexpr (Ranks == 2) arriving_ += (1 - arguments_.rank) * arguments_.slots_per_source;
    compute_now(arriving_);

    const std::uint32_t strips = strips_.count();
    const std::uint32_t at_once = gridDim.x / Strips::blocks;
    std::uint32_t strip = blockIdx.x / Strips::blocks;
    Packed own = push_first(strip, strip < strips);
    sums_.open();
    while (strip < strips) {
      const std::uint32_t next = strip + at_once;
      Packed own_of_next = zeros();
      if (next < strips) own_of_next = push_strip(next);
      reduce_strip(strip, own, carried);
      own = own_of_next;
      strip = next;
    }
  }

 private:
  static constexpr bool one_vector = CarriedStrip<PerThread>::one_vector;
  /// A thread has the same columns of every row, so it keeps what is the same in every row.
  static constexpr bool constants_last = Strips::whole_rows && CarriedStrip<PerThread>::in_registers;

  __device__ __forceinline__ Packed* slot(int at_rank, std::uint32_t vector) const {
    return static_cast<Packed*>(arguments_.slots[at_rank]) + buffer_ + arguments_.rank * arguments_.slots_per_source +
           vector;
  }
  __device__ __forceinline__ Packed* arriving(int source, std::uint32_t vector) const {
    if constexpr (Ranks == 2) return arriving_ + vector;
    return arriving_ + source * arguments_.slots_per_source + vector;
  }
  __device__ __forceinline__ int peer_at(int step) const { return (arguments_.rank + step) % Ranks; }
  __device__ __forceinline__ Packed own_part(const VectorPlace& at) const {
    return load_vector(static_cast<const Element*>(arguments_.input) + at.offset, at);
  }

  __device__ __forceinline__ void load_constants(CarriedStrip<PerThread>& carried) const {
    carried.each([&](std::uint32_t v, Packed&, EpilogueInputs& inputs) {
      arbiter_epilogue_load_constant(arguments_.epilogue, strips_.place(0, v), inputs);
    });
  }

  /// What every operation waits for first: the addresses of a thread's first vector are known when the input is there.
  /// Returns that vector.
  __device__ __forceinline__ Packed push_first(std::uint32_t strip, bool is_one) const {
    const std::uint32_t v = strips_.first() + threadIdx.x;
    const VectorPlace at = strips_.place(strip, v);
    const Element* const from = static_cast<const Element*>(arguments_.input) + at.offset;
    Packed* to[Ranks - 1];
    auto addresses = reinterpret_cast<std::uintptr_t>(from);
#pragma unroll
    for (int step = 1; step < Ranks; ++step) {
      to[step - 1] = slot(peer_at(step), strip * strips_.vectors() + v);
      addresses |= reinterpret_cast<std::uintptr_t>(to[step - 1]);
    }
    wait_for_kernel_in_front(addresses);
    Packed own = zeros();
    if (!is_one) return own;
    if (at.count != 0) {
      own = load_vector(from, at);
      const Packed sent = without_empty_words(own);
#pragma unroll
      for (int step = 1; step < Ranks; ++step) push(to[step - 1], sent);
    }
    if constexpr (!one_vector) push_from(strip, v + blockDim.x);
    return own;
  }

  /// Returns the thread's first vector.
  __device__ __forceinline__ Packed push_strip(std::uint32_t strip) const {
    const std::uint32_t v = strips_.first() + threadIdx.x;
    const Packed own = push_vector(strip, v);
    if constexpr (!one_vector) push_from(strip, v + blockDim.x);
    return own;
  }
  __device__ __forceinline__ void push_from(std::uint32_t strip, std::uint32_t first) const {
    for (std::uint32_t v = first; v < strips_.last(); v += blockDim.x) push_vector(strip, v);
  }
  __device__ __forceinline__ Packed push_vector(std::uint32_t strip, std::uint32_t v) const {
    const VectorPlace at = strips_.place(strip, v);
    if (at.count == 0) return zeros();
    const Packed own = own_part(at);
    const Packed sent = without_empty_words(own);
#pragma unroll
    for (int step = 1; step < Ranks; ++step) push(slot(peer_at(step), strip * strips_.vectors() + v), sent);
    return own;
  }

  /// `own`: this rank's part of the thread's first vector.
  __device__ __forceinline__ void reduce_strip(std::uint32_t strip, const Packed& own, CarriedStrip<PerThread>& kept) {
    const auto& epilogue = arguments_.epilogue;
    if constexpr (CarriedStrip<PerThread>::in_registers) {
      // All loads of the row's inputs are on their way before the first poll.
      kept.each([&](std::uint32_t v, Packed&, EpilogueInputs& inputs) {
        if constexpr (!constants_last) arbiter_epilogue_load_constant(epilogue, strips_.place(strip, v), inputs);
        arbiter_epilogue_locate(epilogue, strips_.place(strip, v), inputs);
        arbiter_epilogue_load(epilogue, strips_.place(strip, v), inputs);
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
      const Accumulators sum =
          sum_in_rank_order<Ranks>(arguments_.rank, one_vector ? own : own_part(at), wanted, arguments_.bound, epoch_,
                                   [&](int source) { return arriving(source, strip * strips_.vectors() + v); });
      statistic += arbiter_epilogue_begin(epilogue, at, inputs, sum, carried);
      arbiter_epilogue_store_carried(epilogue, at, carried);
    });
    float scalar = 0.0F;
    if constexpr (Strips::whole_rows) scalar = arbiter_epilogue_scalar(epilogue, sums_.sum(statistic));
    kept.each([&](std::uint32_t v, Packed& carried, EpilogueInputs& inputs) {
      const VectorPlace at = strips_.place(strip, v);
      if constexpr (!CarriedStrip<PerThread>::in_registers) {
        arbiter_epilogue_load_constant(epilogue, at, inputs);
        arbiter_epilogue_locate(epilogue, at, inputs);
      }
      arbiter_epilogue_finish(epilogue, at, inputs, carried, scalar);
    });
  }

  const OneshotArguments& arguments_;
  Strips strips_;
  RowSums<Strips> sums_;
  std::uint32_t epoch_ = 0;
  std::int64_t buffer_ = 0;
  Packed* arriving_ = nullptr;  ///< what peers push: of two ranks the peer's first vector, of more rank 0's
};

}  // namespace

#define ARBITER_ONESHOT(ranks, per_thread, strips, threads, name)          \
  extern "C" __global__ void __launch_bounds__(threads, 1)                 \
      oneshot_##name(const __grid_constant__ OneshotArguments arguments) { \
    Oneshot<ranks, per_thread, strips>(arguments).run();                   \
  }

ARBITER_STRIP_KERNELS(ARBITER_ONESHOT)
