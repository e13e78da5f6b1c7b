#pragma once

/// The device side of fusions: what a fusion's .cu defines and a strategy's kernels call. Both are compiled to LTO-IR,
/// once per message dtype, and joined when a problem is prepared, so every call below is inlined.
///
/// A row belongs to a row group: the threads of one block (or cluster) that hold it, each some vectors of it. A vector
/// is 16 bytes of the message: `vector_elements` neighbouring elements of one row. Neighbouring lanes of a warp hold
/// neighbouring vectors, and lane and number of the vector in its row agree modulo 4, so that an epilogue may look at
/// 64-byte neighbourhoods with shuffles. All lanes of a warp make the calls marked "convergent" together; `count` is
/// how many of the vector's elements are inside the row, 0 for a lane that has none: such a lane neither loads nor
/// stores, and is told any place. Where the row is not needed as a whole (DeviceEpilogue::needs_row), only
/// "neighbouring" is promised, not modulo 4, and the scalar is 0.
///
/// The order for one row:
///
///   load_constant     before the kernels of other streams' work is waited for: weights, which no kernel writes
///   locate            what is known of this row before anything of it is: where its outputs go
///   load              inputs of this row (residual)
///   begin             the fp32 sum -> `epilogue_state`, 16 bytes of the message dtype; returns the vector's part of
///   the row's
///                     statistic
///   store_state     `epilogue_state` -> the row of outputs that need no scalar, while the row is still being summed
///   scalar            the row's statistic, summed over the row -> the row's scalar
///   finish            `epilogue_state` and the scalar -> the row of all other outputs
///
/// The owner of a token does all of it; where tokens have owners (TWOSHOT), other ranks get `epilogue_state` and the
/// scalar, and only store_state and finish (having called load_constant and locate). So begin() must leave in
/// `epilogue_state` all that these need. Results must be the same bits wherever they are computed: no fast-math, no
/// contraction that the host lacks.

#include <cstdint>

#include "arbiter/cuda/element.cuh"
#include "arbiter/cuda/epilogue_arguments.hpp"

namespace arbiter::cuda {

/// What load_constant(), locate() and load() keep in registers for one vector; the meaning is the fusion's.
struct EpilogueInputs {
  Packed constant[2];
  Packed located;
  Packed row[2];
};

/// Where a vector is.
struct VectorPlace {
  std::int64_t row;
  int column;           ///< its first element's
  int count;            ///< elements inside the row: 0..vector_elements
  std::int64_t offset;  ///< its first element's in a tensor of the message's shape: row * hidden_size + column
  /// A constant: that every vector has all of its elements or none, and every tensor and every row of 16-bit or wider
  /// elements starts at a multiple of 16 bytes.
  bool aligned;
};

[[nodiscard]] __device__ __forceinline__ VectorPlace place_in_row(std::int64_t row, int column, int count,
                                                                  std::int64_t hidden_size) {
  return {row, column, count, row * hidden_size + column, false};
}

/// The vector at `place`, if `from` is where its first element is; elements behind `count` are 0.
[[nodiscard]] __device__ __forceinline__ Packed load_vector(const Element* from, const VectorPlace& place) {
  if (!place.aligned) return load_vector(from, place.count);
  if (place.count == 0) return zeros();
  const uint4 value = *reinterpret_cast<const uint4*>(from);
  return {{value.x, value.y, value.z, value.w}};
}

__device__ __forceinline__ void store_vector(Element* to, const Packed& packed, const VectorPlace& place) {
  if (!place.aligned) {
    store_vector(to, packed, place.count);
  } else if (place.count != 0) {
    *reinterpret_cast<uint4*>(to) = make_uint4(packed.word[0], packed.word[1], packed.word[2], packed.word[3]);
  }
}

}  // namespace arbiter::cuda

extern "C" {

__device__ void arbiter_epilogue_load_constant(const arbiter::cuda::EpilogueArguments& arguments,
                                               const arbiter::cuda::VectorPlace& place,
                                               arbiter::cuda::EpilogueInputs& inputs);

__device__ void arbiter_epilogue_locate(const arbiter::cuda::EpilogueArguments& arguments,
                                        const arbiter::cuda::VectorPlace& place, arbiter::cuda::EpilogueInputs& inputs);

__device__ void arbiter_epilogue_load(const arbiter::cuda::EpilogueArguments& arguments,
                                      const arbiter::cuda::VectorPlace& place, arbiter::cuda::EpilogueInputs& inputs);

/// Elements of `sum` behind `count` are 0 and are ignored; those of `epilogue_state` are to be 0.
__device__ float arbiter_epilogue_begin(const arbiter::cuda::EpilogueArguments& arguments,
                                        const arbiter::cuda::VectorPlace& place,
                                        const arbiter::cuda::EpilogueInputs& inputs,
                                        const arbiter::cuda::Accumulators& sum, arbiter::cuda::Packed& epilogue_state);

__device__ void arbiter_epilogue_store_state(const arbiter::cuda::EpilogueArguments& arguments,
                                             const arbiter::cuda::VectorPlace& place,
                                             const arbiter::cuda::Packed& epilogue_state);

__device__ float arbiter_epilogue_scalar(const arbiter::cuda::EpilogueArguments& arguments, float statistic);

/// Convergent.
__device__ void arbiter_epilogue_finish(const arbiter::cuda::EpilogueArguments& arguments,
                                        const arbiter::cuda::VectorPlace& place,
                                        const arbiter::cuda::EpilogueInputs& inputs,
                                        const arbiter::cuda::Packed& epilogue_state, float scalar);
}
