// SPDX-License-Identifier: Apache-2.0
// The device side of SCALE_BIAS: its arithmetic for one 16-byte vector of a row, in the steps of
// arbiter/cuda/epilogue.cuh. It is compiled once per message dtype (`Element`), and linked into the kernels of every
// strategy that fuses, where the calls are inlined: what is kept between them stays in registers.
#include "arbiter/cuda/epilogue.cuh"

using namespace arbiter::cuda;

namespace {

/// Indices into EpilogueArguments::tensors, in the order of ScaleBias::do_tensors(), and into ::scalars, as
/// device_epilogue() fills them.
enum : int { bias, out };
enum : int { scale };

}  // namespace

extern "C" {

/// Weights only: the kernels before this one in the stream may still be writing their outputs.
__device__ void arbiter_epilogue_load_constant(const EpilogueArguments& arguments, const VectorPlace& place,
                                               EpilogueInputs& inputs) {
  inputs.constant[0] = load_vector(static_cast<const Element*>(arguments.tensors[bias]) + place.column, place);
}

__device__ void arbiter_epilogue_locate(const EpilogueArguments&, const VectorPlace&, EpilogueInputs&) {}

__device__ void arbiter_epilogue_load(const EpilogueArguments&, const VectorPlace&, EpilogueInputs&) {}

/// A norm returns its sum of squares here and 1 / rms in scalar(), and stores in finish().
__device__ float arbiter_epilogue_begin(const EpilogueArguments& arguments, const VectorPlace&,
                                        const EpilogueInputs& inputs, const Accumulators& sum, Packed& epilogue_state) {
  Accumulators values = unpack(inputs.constant[0]);
#pragma unroll
  for (int i = 0; i < vector_elements; ++i) values.value[i] += sum.value[i] * arguments.scalars[scale];
  epilogue_state = pack(values);
  return 0.0F;
}

/// True where finish() needs the largest of maximum() over the row, as the scale of a quantised row does.
__device__ bool arbiter_epilogue_needs_maximum() { return false; }

__device__ float arbiter_epilogue_maximum(const EpilogueArguments&, const VectorPlace&, const EpilogueInputs&,
                                          const Packed&) {
  return 0.0F;
}

__device__ void arbiter_epilogue_store_state(const EpilogueArguments& arguments, const VectorPlace& place,
                                             const Packed& epilogue_state) {
  store_vector(static_cast<Element*>(arguments.tensors[out]) + place.offset, epilogue_state, place);
}

__device__ float arbiter_epilogue_scalar(const EpilogueArguments&, float) { return 0.0F; }

__device__ void arbiter_epilogue_finish(const EpilogueArguments&, const VectorPlace&, const EpilogueInputs&,
                                        const Packed&, float, float) {}
}
