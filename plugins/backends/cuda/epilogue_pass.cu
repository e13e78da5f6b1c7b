// SPDX-License-Identifier: Apache-2.0
// A fusion's epilogue over a reduced message, for AllReduces that do not fuse. It is bound by memory bandwidth, so
// every element is read once and written once wherever a row fits into the registers of a block.
#include "arbiter/cuda/element.cuh"
#include "arbiter/cuda/epilogue.cuh"
#include "arbiter/cuda/row_sum.cuh"

namespace {

using namespace arbiter::cuda;

constexpr int warp = 32;
constexpr int max_warps = 1024 / warp;

/// The threads of a block that hold one row: consecutive warps.
struct RowGroup {
  int threads;
  int lane;       ///< of this thread in its group
  int number;     ///< of the group in its block
  int per_block;  ///< groups

  __device__ explicit RowGroup(int group_threads)
      : threads(group_threads),
        lane(static_cast<int>(threadIdx.x) % group_threads),
        number(static_cast<int>(threadIdx.x) / group_threads),
        per_block(static_cast<int>(blockDim.x) / group_threads) {}
};

/// The sum over the group in each of its threads, in warp order. All threads of the block call it: it has one
/// __syncthreads(), unless a group is one warp. `turn` alternates between 0 and 1, so that one barrier suffices.
__device__ float sum_over_row(const RowGroup& group, float value, int turn) {
  __shared__ float of_warps[2][max_warps];
  value = sum_over_warp(value);
  if (group.threads == warp) return value;
  const int own = static_cast<int>(threadIdx.x) / warp;
  if (static_cast<int>(threadIdx.x) % warp == 0) of_warps[turn][own] = value;
  __syncthreads();
  const int warps = group.threads / warp;
  float sum = 0.0F;
  for (int i = 0; i < warps; ++i) sum += of_warps[turn][group.number * warps + i];
  return sum;
}

/// The maximum over the group, likewise.
__device__ float maximum_over_row(const RowGroup& group, float value, int turn) {
  __shared__ float of_warps[2][max_warps];
  value = maximum_over_warp(value);
  if (group.threads == warp) return value;
  const int own = static_cast<int>(threadIdx.x) / warp;
  if (static_cast<int>(threadIdx.x) % warp == 0) of_warps[turn][own] = value;
  __syncthreads();
  const int warps = group.threads / warp;
  float largest = 0.0F;
  for (int i = 0; i < warps; ++i) largest = larger_of(largest, of_warps[turn][group.number * warps + i]);
  return largest;
}

/// The vector's part of the row's maximum; 0 if the epilogue needs none.
__device__ __forceinline__ float maximum_of(const EpilogueArguments& arguments, const VectorPlace& place,
                                            const EpilogueInputs& inputs, const Packed& epilogue_state) {
  if (!arbiter_epilogue_needs_maximum()) return 0.0F;
  return arbiter_epilogue_maximum(arguments, place, inputs, epilogue_state);
}

__device__ __forceinline__ VectorPlace place_of(const EpilogueArguments& arguments, std::int64_t row, bool has_row,
                                                int vector) {
  const std::int64_t column = static_cast<std::int64_t>(vector) * vector_elements;
  const std::int64_t left = has_row ? arguments.hidden_size - column : 0;
  const int count = left <= 0 ? 0 : left < vector_elements ? static_cast<int>(left) : vector_elements;
  return place_in_row(has_row ? row : 0, count == 0 ? 0 : static_cast<int>(column), count, arguments.hidden_size);
}

__device__ __forceinline__ Packed load_reduced(const Element* reduced, const VectorPlace& place) {
  return load_vector(reduced + place.offset, place);
}

/// Each thread keeps `Vectors` vectors of its row in registers from begin() to finish(). Row groups take rows
/// grid-stride. All groups of a block make the same number of iterations, because sum_over_row() has a barrier.
template <int Vectors>
__device__ __forceinline__ void pass(const Element* reduced, const EpilogueArguments& arguments, int group_threads,
                                     bool needs_row) {
  const RowGroup group(group_threads);
  EpilogueInputs inputs[Vectors];
#pragma unroll
  for (int i = 0; i < Vectors; ++i) {
    const VectorPlace place = place_of(arguments, 0, true, group.lane + i * group.threads);
    arbiter_epilogue_load_constant(arguments, place, inputs[i]);
  }
  const std::int64_t stride = static_cast<std::int64_t>(gridDim.x) * group.per_block;
  int turn = 0;
  for (std::int64_t first = static_cast<std::int64_t>(blockIdx.x) * group.per_block; first < arguments.num_tokens;
       first += stride) {
    const std::int64_t row = first + group.number;
    const bool has_row = row < arguments.num_tokens;
    // Recomputed each time: stored places would take registers that the vectors need.
    const auto place = [&](int i) { return place_of(arguments, row, has_row, group.lane + i * group.threads); };
    Packed sum[Vectors];
    Packed epilogue_state[Vectors];
    float statistic = 0.0F;
    float maximum = 0.0F;
#pragma unroll
    for (int i = 0; i < Vectors; ++i) {
      sum[i] = load_reduced(reduced, place(i));
      arbiter_epilogue_locate(arguments, place(i), inputs[i]);
      arbiter_epilogue_load(arguments, place(i), inputs[i]);
    }
#pragma unroll
    for (int i = 0; i < Vectors; ++i) {
      statistic += arbiter_epilogue_begin(arguments, place(i), inputs[i], unpack(sum[i]), epilogue_state[i]);
      maximum = larger_of(maximum, maximum_of(arguments, place(i), inputs[i], epilogue_state[i]));
      arbiter_epilogue_store_state(arguments, place(i), epilogue_state[i]);
    }
    float scalar = 0.0F;
    if (needs_row) scalar = arbiter_epilogue_scalar(arguments, sum_over_row(group, statistic, turn));
    if (arbiter_epilogue_needs_maximum()) maximum = maximum_over_row(group, maximum, turn);
    turn ^= 1;
#pragma unroll
    for (int i = 0; i < Vectors; ++i)
      arbiter_epilogue_finish(arguments, place(i), inputs[i], epilogue_state[i], scalar, maximum);
  }
}

/// Rows of any width, one block per row: begin() runs once for the statistic and again for the outputs, when the inputs
/// of the row are still in cache.
__device__ __forceinline__ void pass_twice(const Element* reduced, const EpilogueArguments& arguments, bool needs_row) {
  const RowGroup group(static_cast<int>(blockDim.x));
  const int vectors = static_cast<int>((arguments.hidden_size + vector_elements - 1) / vector_elements);
  int turn = 0;
  for (std::int64_t row = blockIdx.x; row < arguments.num_tokens; row += gridDim.x) {
    float scalar = 0.0F;
    float maximum = 0.0F;
    if (needs_row) {
      float statistic = 0.0F;
      for (int first = 0; first < vectors; first += group.threads) {
        const VectorPlace place = place_of(arguments, row, true, first + group.lane);
        EpilogueInputs inputs;
        Packed epilogue_state;
        arbiter_epilogue_load_constant(arguments, place, inputs);
        arbiter_epilogue_locate(arguments, place, inputs);
        arbiter_epilogue_load(arguments, place, inputs);
        statistic +=
            arbiter_epilogue_begin(arguments, place, inputs, unpack(load_reduced(reduced, place)), epilogue_state);
        maximum = larger_of(maximum, maximum_of(arguments, place, inputs, epilogue_state));
      }
      scalar = arbiter_epilogue_scalar(arguments, sum_over_row(group, statistic, turn));
      if (arbiter_epilogue_needs_maximum()) maximum = maximum_over_row(group, maximum, turn);
      turn ^= 1;
    }
    for (int first = 0; first < vectors; first += group.threads) {
      const VectorPlace place = place_of(arguments, row, true, first + group.lane);
      EpilogueInputs inputs;
      Packed epilogue_state;
      arbiter_epilogue_load_constant(arguments, place, inputs);
      arbiter_epilogue_locate(arguments, place, inputs);
      arbiter_epilogue_load(arguments, place, inputs);
      static_cast<void>(
          arbiter_epilogue_begin(arguments, place, inputs, unpack(load_reduced(reduced, place)), epilogue_state));
      arbiter_epilogue_store_state(arguments, place, epilogue_state);
      arbiter_epilogue_finish(arguments, place, inputs, epilogue_state, scalar, maximum);
    }
  }
}

}  // namespace

// arbiter_epilogue_pass_1: rows of up to 1024 vectors, one per thread.
//   reduced        [num_tokens, hidden_size], the summed message
//   group_threads  threads per row, a multiple of 32; blockDim.x is a multiple of it
//   needs_row      DeviceEpilogue::needs_row
// Phases per row: load and begin, sum of the statistic and maximum, finish. Blocks share nothing; the row groups of a
// block meet at the barriers of sum_over_row() and maximum_over_row() only.
extern "C" __global__ void __launch_bounds__(1024)
    arbiter_epilogue_pass_1(const Element* reduced, const __grid_constant__ EpilogueArguments arguments,
                            int group_threads, bool needs_row) {
  pass<1>(reduced, arguments, group_threads, needs_row);
}

// arbiter_epilogue_pass_3: rows of up to 1536 vectors, three per thread. Otherwise the same.
extern "C" __global__ void __launch_bounds__(512)
    arbiter_epilogue_pass_3(const Element* reduced, const __grid_constant__ EpilogueArguments arguments,
                            int group_threads, bool needs_row) {
  pass<3>(reduced, arguments, group_threads, needs_row);
}

// arbiter_epilogue_pass_wide: rows of any width, in two passes over the row; the block is one row group.
extern "C" __global__ void __launch_bounds__(1024)
    arbiter_epilogue_pass_wide(const Element* reduced, const __grid_constant__ EpilogueArguments arguments,
                               int /*group_threads*/, bool needs_row) {
  pass_twice(reduced, arguments, needs_row);
}
