// SPDX-License-Identifier: Apache-2.0
#include "arbiter/cuda/epilogue.cuh"

// Epilogues to link with. SAMPLE_INCOMPLETE lacks a function of the contract, SAMPLE_CALLS has one that is not inlined.

using namespace arbiter::cuda;

#ifdef SAMPLE_CALLS
__device__ __noinline__ float sample_helper(const float* table, float value) {
  return table[static_cast<int>(value)] + value;
}
#endif

extern "C" {

__device__ void arbiter_epilogue_load_constant(const EpilogueArguments& arguments, const VectorPlace& place,
                                               EpilogueInputs& inputs) {
  inputs.constant[0] = load_vector(static_cast<const Element*>(arguments.tensors[1]) + place.column, place.count);
}

__device__ void arbiter_epilogue_locate(const EpilogueArguments&, const VectorPlace&, EpilogueInputs&) {}

__device__ void arbiter_epilogue_load(const EpilogueArguments& arguments, const VectorPlace& place,
                                      EpilogueInputs& inputs) {
  const auto* rows = static_cast<const Element*>(arguments.tensors[0]);
  inputs.row[0] = load_vector(rows + place.row * arguments.hidden_size + place.column, place.count);
}

__device__ float arbiter_epilogue_begin(const EpilogueArguments&, const VectorPlace&, const EpilogueInputs& inputs,
                                        const Accumulators& sum, Packed& epilogue_state) {
  Accumulators values = unpack(inputs.row[0]);
  float squares = 0.0F;
  for (int i = 0; i < vector_elements; ++i) {
    values.value[i] += sum.value[i];
    squares += values.value[i] * values.value[i];
  }
  epilogue_state = pack(values);
  return squares;
}

__device__ bool arbiter_epilogue_needs_maximum() { return false; }

__device__ float arbiter_epilogue_maximum(const EpilogueArguments&, const VectorPlace&, const EpilogueInputs&,
                                          const Packed&) {
  return 0.0F;
}

__device__ void arbiter_epilogue_store_state(const EpilogueArguments&, const VectorPlace&, const Packed&) {}

__device__ float arbiter_epilogue_scalar(const EpilogueArguments& arguments, float statistic) {
  const float mean = statistic / static_cast<float>(arguments.hidden_size);
#ifdef SAMPLE_CALLS
  return sample_helper(static_cast<const float*>(arguments.tensors[0]), mean);
#else
  return 1.0F / sqrtf(mean + arguments.scalars[0]);
#endif
}

#ifndef SAMPLE_INCOMPLETE
__device__ void arbiter_epilogue_finish(const EpilogueArguments& arguments, const VectorPlace& place,
                                        const EpilogueInputs& inputs, const Packed& epilogue_state, float scalar,
                                        float) {
  Accumulators values = unpack(epilogue_state);
  const Accumulators gamma = unpack(inputs.constant[0]);
  for (int i = 0; i < vector_elements; ++i) values.value[i] *= scalar * gamma.value[i];
  auto* rows = static_cast<Element*>(arguments.tensors[2]);
  store_vector(rows + place.row * arguments.hidden_size + place.column, pack(values), place.count);
}
#endif
}
