// SPDX-License-Identifier: Apache-2.0
// The device epilogue of NONE: epilogue_state is the rounded sum, which store_state() writes.
#include "arbiter/cuda/epilogue.cuh"

using namespace arbiter::cuda;

extern "C" {

__device__ void arbiter_epilogue_load_constant(const EpilogueArguments&, const VectorPlace&, EpilogueInputs&) {}

__device__ void arbiter_epilogue_locate(const EpilogueArguments&, const VectorPlace&, EpilogueInputs&) {}

__device__ void arbiter_epilogue_load(const EpilogueArguments&, const VectorPlace&, EpilogueInputs&) {}

__device__ float arbiter_epilogue_begin(const EpilogueArguments&, const VectorPlace&, const EpilogueInputs&,
                                        const Accumulators& sum, Packed& epilogue_state) {
  epilogue_state = pack(sum);
  return 0.0F;
}

__device__ bool arbiter_epilogue_needs_maximum() { return false; }

__device__ float arbiter_epilogue_maximum(const EpilogueArguments&, const VectorPlace&, const EpilogueInputs&,
                                          const Packed&) {
  return 0.0F;
}

__device__ void arbiter_epilogue_store_state(const EpilogueArguments& arguments, const VectorPlace& place,
                                             const Packed& epilogue_state) {
  store_vector(static_cast<Element*>(arguments.tensors[0]) + place.offset, epilogue_state, place);
}

__device__ float arbiter_epilogue_scalar(const EpilogueArguments&, float) { return 0.0F; }

__device__ void arbiter_epilogue_finish(const EpilogueArguments&, const VectorPlace&, const EpilogueInputs&,
                                        const Packed&, float, float) {}
}
