// SPDX-License-Identifier: Apache-2.0
#pragma once

/// The contract between a strategy's kernels and a fusion's device epilogue. A fusion's .cu defines the nine functions
/// below; a strategy's kernels call them. Both are compiled to LTO-IR, once per message dtype, and linked when a
/// problem is prepared, so that every call is inlined.
///
/// Threads and data. A row belongs to a row group: the threads of one block or cluster that hold it, each with one or
/// more vectors. A vector is 16 bytes of the message: `vector_elements` neighbouring elements of one row. Consecutive
/// lanes of a warp hold consecutive vectors, and (index of the vector in its row) mod 32 equals the lane, so that an
/// epilogue may exchange data within 512-byte neighbourhoods by shuffles. Where DeviceEpilogue::needs_row is false,
/// only "consecutive" holds, and the scalar and the maximum are 0.
///
/// Lanes without a vector (`place.count` is 0) take part in every call, so that warps stay converged. Their place may
/// be anything, and they must not load or store. Only finish() may use warp shuffles; all 32 lanes call it together. No
/// function may synchronise otherwise, or use shared memory.
///
/// Phases of one row, in order; each is called once per vector, by the thread that holds it:
///
///   load_constant   weights and scales. May be called once for several rows, so of the place it may use only `column`
///                   and `count`
///   locate          output addresses; needs no row data
///   load            this row's other inputs (residual). Issued before the first poll for peers' data
///   begin           the fp32 sum over all ranks -> `epilogue_state`, 16 bytes of the message dtype. Returns the
///                   vector's part of the row's statistic (0 if none is needed)
///   maximum         `epilogue_state` -> the vector's part of the row's maximum. Called if needs_maximum() says so
///   store_state     `epilogue_state` -> outputs that do not depend on the scalar, while the row is still being summed
///   scalar          the statistic, summed over the row -> the row's scalar. Called by every thread
///   finish          `epilogue_state`, the scalar and the row's maximum -> all other outputs
///
/// In ONESHOT every rank makes all calls for every row. In TWOSHOT the owner of a row does; the other ranks receive
/// `epilogue_state`, the scalar and the maximum, and call load_constant, locate, store_state and finish only. So
/// begin() must leave in `epilogue_state` all that store_state() and finish() need.
///
/// The maximum is there for what depends on the largest element of a row, like the scale of a row that is quantised: it
/// is found together with the statistic, by one exchange between the threads of a row. A fusion that needs none returns
/// false from needs_maximum(), which is inlined: its kernels then have no trace of the maximum.
///
/// Arithmetic. Outputs must have the same bits on every rank, and those that do not depend on the scalar the bits of
/// the host's epilogue: round to nearest, no fast-math, no contraction that the host lacks (device code is linked with
/// -fma=0). So those outputs are limited to what host and device round alike: + - * / and sqrt, comparisons,
/// conversions. tanhf(), expf() and their kind differ in the last bits between the two libraries: compute them from the
/// same polynomial on both sides, or in finish() of an output that depends on the scalar.

#include <cstdint>

#include "arbiter/cuda/element.cuh"
#include "arbiter/cuda/epilogue_arguments.hpp"

namespace arbiter::cuda {

/// What a thread keeps in registers for one vector between the phases; the meaning of the bits is the fusion's.
struct EpilogueInputs {
  Packed constant[2];  ///< written by load_constant()
  Packed located;      ///< written by locate(): two 64-bit addresses fit
  Packed row[2];       ///< written by load()
};

/// Where a vector is.
struct VectorPlace {
  std::int64_t row;     ///< token
  int column;           ///< of the first element
  int count;            ///< elements inside the row: 0..vector_elements; 0: this lane has no vector
  std::int64_t offset;  ///< of the first element in a tensor of the message's shape: row * hidden_size + column
  /// A compile-time constant after inlining. True: `count` is 0 or vector_elements, every tensor starts at a multiple
  /// of 16 bytes, and so does every row of elements of 16 bits or more. False: tensors are aligned to their elements
  /// only.
  bool aligned;
};

/// The place of a vector that may be partial or misaligned.
[[nodiscard]] __device__ __forceinline__ VectorPlace place_in_row(std::int64_t row, int column, int count,
                                                                  std::int64_t hidden_size) {
  return {row, column, count, row * hidden_size + column, false};
}

/// Loads the vector at `place`, whose first element is at `from`; elements from `count` on are 0. One 16-byte load
/// where `place.aligned`.
[[nodiscard]] __device__ __forceinline__ Packed load_vector(const Element* from, const VectorPlace& place) {
  if (!place.aligned) return load_vector(from, place.count);
  if (place.count == 0) return zeros();
  const uint4 value = *reinterpret_cast<const uint4*>(from);
  return {{value.x, value.y, value.z, value.w}};
}

/// Stores the vector at `place`, whose first element goes to `to`.
__device__ __forceinline__ void store_vector(Element* to, const Packed& packed, const VectorPlace& place) {
  if (!place.aligned) {
    store_vector(to, packed, place.count);
  } else if (place.count != 0) {
    *reinterpret_cast<uint4*>(to) = make_uint4(packed.word[0], packed.word[1], packed.word[2], packed.word[3]);
  }
}

}  // namespace arbiter::cuda

extern "C" {

/// Writes inputs.constant from weights and scales, by column.
__device__ void arbiter_epilogue_load_constant(const arbiter::cuda::EpilogueArguments& arguments,
                                               const arbiter::cuda::VectorPlace& place,
                                               arbiter::cuda::EpilogueInputs& inputs);

/// Writes inputs.located; output addresses; needs no row data. After load_constant().
__device__ void arbiter_epilogue_locate(const arbiter::cuda::EpilogueArguments& arguments,
                                        const arbiter::cuda::VectorPlace& place, arbiter::cuda::EpilogueInputs& inputs);

/// Writes inputs.row.
__device__ void arbiter_epilogue_load(const arbiter::cuda::EpilogueArguments& arguments,
                                      const arbiter::cuda::VectorPlace& place, arbiter::cuda::EpilogueInputs& inputs);

/// Returns the vector's part of the row's statistic. From element `place.count` on, `sum` holds zeros, and
/// `epilogue_state` must.
__device__ float arbiter_epilogue_begin(const arbiter::cuda::EpilogueArguments& arguments,
                                        const arbiter::cuda::VectorPlace& place,
                                        const arbiter::cuda::EpilogueInputs& inputs,
                                        const arbiter::cuda::Accumulators& sum, arbiter::cuda::Packed& epilogue_state);

/// Whether finish() needs the row's maximum. Returns a literal.
__device__ bool arbiter_epilogue_needs_maximum();

/// Returns the vector's part of the row's maximum, at least 0, or a NaN, which makes the maximum a NaN. Its sign bit is
/// not set. After load_constant() and begin(). Elements from `place.count` on are zeros.
__device__ float arbiter_epilogue_maximum(const arbiter::cuda::EpilogueArguments& arguments,
                                          const arbiter::cuda::VectorPlace& place,
                                          const arbiter::cuda::EpilogueInputs& inputs,
                                          const arbiter::cuda::Packed& epilogue_state);

/// Writes this vector of the outputs that need no scalar.
__device__ void arbiter_epilogue_store_state(const arbiter::cuda::EpilogueArguments& arguments,
                                             const arbiter::cuda::VectorPlace& place,
                                             const arbiter::cuda::Packed& epilogue_state);

/// The row's scalar. Deterministic: every thread of the row group calls it with the same bits.
__device__ float arbiter_epilogue_scalar(const arbiter::cuda::EpilogueArguments& arguments, float statistic);

/// Writes this vector of all other outputs; `maximum` is 0 unless needs_maximum(). Convergent: all 32 lanes of a warp
/// call it together.
__device__ void arbiter_epilogue_finish(const arbiter::cuda::EpilogueArguments& arguments,
                                        const arbiter::cuda::VectorPlace& place,
                                        const arbiter::cuda::EpilogueInputs& inputs,
                                        const arbiter::cuda::Packed& epilogue_state, float scalar, float maximum);
}
