// SPDX-License-Identifier: Apache-2.0
// NONE, row by row, whose first block of a row is late by scalars[0] milliseconds, so that the row's other blocks wait
// for it. Of a row whose maximum did not arrive, zeros are written.
#include "arbiter/cuda/epilogue.cuh"

using namespace arbiter::cuda;

extern "C" {

__device__ void arbiter_epilogue_load_constant(const EpilogueArguments&, const VectorPlace&, EpilogueInputs&) {}

__device__ void arbiter_epilogue_locate(const EpilogueArguments&, const VectorPlace&, EpilogueInputs&) {}

__device__ void arbiter_epilogue_load(const EpilogueArguments&, const VectorPlace&, EpilogueInputs&) {}

__device__ float arbiter_epilogue_begin(const EpilogueArguments& arguments, const VectorPlace& place,
                                        const EpilogueInputs&, const Accumulators& sum, Packed& epilogue_state) {
  if (place.column == 0) {
    std::uint64_t start;
    asm volatile("mov.u64 %0, %globaltimer;" : "=l"(start));
    const auto wait = static_cast<std::uint64_t>(arguments.scalars[0]) * 1'000'000U;
    for (std::uint64_t now = start; now - start < wait;) asm volatile("mov.u64 %0, %globaltimer;" : "=l"(now));
  }
  epilogue_state = pack(sum);
  return 1.0F;
}

__device__ bool arbiter_epilogue_needs_maximum() { return true; }

__device__ float arbiter_epilogue_maximum(const EpilogueArguments&, const VectorPlace& place, const EpilogueInputs&,
                                          const Packed&) {
  return place.column == 0 ? 3.0F : 0.0F;
}

__device__ void arbiter_epilogue_store_state(const EpilogueArguments&, const VectorPlace&, const Packed&) {}

__device__ float arbiter_epilogue_scalar(const EpilogueArguments&, float statistic) { return statistic; }

__device__ void arbiter_epilogue_finish(const EpilogueArguments& arguments, const VectorPlace& place,
                                        const EpilogueInputs&, const Packed& epilogue_state, float, float maximum) {
  store_vector(static_cast<Element*>(arguments.tensors[0]) + place.offset, maximum == 3.0F ? epilogue_state : zeros(),
               place);
}
}
