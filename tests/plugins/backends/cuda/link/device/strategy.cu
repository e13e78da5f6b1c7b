// SPDX-License-Identifier: Apache-2.0
#include "arbiter/cuda/epilogue.cuh"

// Sums rows of local inputs, one block per row, and hands them to the epilogue. One barrier, for the row's statistic.

using namespace arbiter::cuda;

namespace {

template <int ranks>
__device__ __forceinline__ void sum_rows(const Element* const* inputs, const EpilogueArguments& arguments) {
  const auto row = static_cast<std::int64_t>(blockIdx.x);
  const int column = static_cast<int>(threadIdx.x) * vector_elements;
  const std::int64_t left = arguments.hidden_size - column;
  const int count = left >= vector_elements ? vector_elements : (left > 0 ? static_cast<int>(left) : 0);
  const VectorPlace place = place_in_row(row, column, count, arguments.hidden_size);
  EpilogueInputs inputs_of_row{};
  arbiter_epilogue_load_constant(arguments, place, inputs_of_row);
  arbiter_epilogue_locate(arguments, place, inputs_of_row);
  arbiter_epilogue_load(arguments, place, inputs_of_row);
  Accumulators sum{};
#pragma unroll
  for (int rank = 0; rank < ranks; ++rank) {
    const Accumulators values = unpack(load_vector(inputs[rank] + row * arguments.hidden_size + column, count));
#pragma unroll
    for (int i = 0; i < vector_elements; ++i) sum.value[i] += values.value[i];
  }
  Packed epilogue_state;
  float statistic = arbiter_epilogue_begin(arguments, place, inputs_of_row, sum, epilogue_state);
  arbiter_epilogue_store_state(arguments, place, epilogue_state);
  __shared__ float parts[32];
  for (int offset = 16; offset > 0; offset /= 2) statistic += __shfl_xor_sync(0xffffffffU, statistic, offset);
  parts[threadIdx.x / 32U] = statistic;
  __syncthreads();
  statistic = 0.0F;
  for (unsigned warp = 0; warp < blockDim.x / 32U; ++warp) statistic += parts[warp];
  const float scalar = arbiter_epilogue_scalar(arguments, statistic);
  arbiter_epilogue_finish(arguments, place, inputs_of_row, epilogue_state, scalar, 0.0F);
}

}  // namespace

extern "C" __global__ void sample_2(const Element* const* inputs, EpilogueArguments arguments) {
  sum_rows<2>(inputs, arguments);
}

extern "C" __global__ void sample_8(const Element* const* inputs, EpilogueArguments arguments) {
  sum_rows<8>(inputs, arguments);
}
