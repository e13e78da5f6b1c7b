// SPDX-License-Identifier: Apache-2.0
// NONE, row by row, with random pauses inside the kernel: before what peers sent is polled, and before a row is
// finished. The scalar is not used, but sent; of a row whose maximum is not its own, zeros are written.
#include "arbiter/cuda/epilogue.cuh"

using namespace arbiter::cuda;

namespace {

/// Some warps pause for up to 8 us.
__device__ __forceinline__ void pause(std::uint32_t salt) {
  std::uint32_t now;
  asm volatile("mov.u32 %0, %globaltimer_lo;" : "=r"(now));
  const std::uint32_t hash = ((now >> 5U) ^ salt * 0x85ebca6bU) * 0x9e3779b9U;
  if (hash >> 29U == 0) __nanosleep(hash >> 3U & 0x1fffU);
}

/// Another number for neighbouring rows and for messages of another shape.
__device__ __forceinline__ float row_mark(const EpilogueArguments& arguments, const VectorPlace& place) {
  return static_cast<float>(place.row * 7 + arguments.num_tokens % 5 + 1);
}

}  // namespace

extern "C" {

__device__ void arbiter_epilogue_load_constant(const EpilogueArguments&, const VectorPlace&, EpilogueInputs&) {}

__device__ void arbiter_epilogue_locate(const EpilogueArguments&, const VectorPlace&, EpilogueInputs&) {}

__device__ void arbiter_epilogue_load(const EpilogueArguments&, const VectorPlace& place, EpilogueInputs&) {
  pause(static_cast<std::uint32_t>(place.row) + blockIdx.x + threadIdx.x / 32);
}

__device__ float arbiter_epilogue_begin(const EpilogueArguments&, const VectorPlace&, const EpilogueInputs&,
                                        const Accumulators& sum, Packed& epilogue_state) {
  epilogue_state = pack(sum);
  return 1.0F;
}

__device__ bool arbiter_epilogue_needs_maximum() { return true; }

__device__ float arbiter_epilogue_maximum(const EpilogueArguments& arguments, const VectorPlace& place,
                                          const EpilogueInputs&, const Packed&) {
  return place.column == 0 ? row_mark(arguments, place) : 0.0F;
}

__device__ void arbiter_epilogue_store_state(const EpilogueArguments&, const VectorPlace&, const Packed&) {}

__device__ float arbiter_epilogue_scalar(const EpilogueArguments&, float statistic) { return statistic; }

__device__ void arbiter_epilogue_finish(const EpilogueArguments& arguments, const VectorPlace& place,
                                        const EpilogueInputs&, const Packed& epilogue_state, float, float maximum) {
  pause(static_cast<std::uint32_t>(place.row) * 3 + blockIdx.x);
  const bool is_of_row = maximum == row_mark(arguments, place);
  store_vector(static_cast<Element*>(arguments.tensors[0]) + place.offset, is_of_row ? epilogue_state : zeros(), place);
}
}
