// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string_view>

#include "arbiter/export.hpp"
#include "arbiter/tensor.hpp"

namespace arbiter {

/// Vectorised loops over rows of messages, for strategies and epilogues on the host. Every instruction set gives the
/// same bits. `count` is in elements and may be anything; pointers need the alignment of an element only. Thread-safe;
/// they throw nothing and allocate nothing. Rounding is to nearest, ties to even; subnormals are kept; a NaN is stored
/// as the positive NaN of all ones, while the payload of a NaN in fp32 is not specified. lanes.hpp is for kernels of a
/// plugin's own.
struct RowKernels {
  /// sum[i] = inputs[0][i] + inputs[1][i] + ... + inputs[ranks - 1][i] in fp32, in that order; `ranks` is at least 1.
  void (*reduce)(const void* const* inputs, int ranks, std::int64_t count, float* sum);
  /// into[i] = round(into[i] + from[i]): the operation of an MPI reduction, which rounds at each hop.
  void (*accumulate)(const void* from, void* into, std::int64_t count);
  /// to[i] = round(from[i]), from fp32 to the dtype.
  void (*store)(const float* from, void* to, std::int64_t count);
  /// to[i] = from[i], from the dtype to fp32, exactly.
  void (*load)(const void* from, float* to, std::int64_t count);
};

/// The instruction sets that Arbiter has kernels for, ascending.
enum class Isa : std::uint8_t { portable, avx2, avx512 };

/// The kernels of a message dtype (bfloat16, float16, float32) for isa(). Lives as long as the process. Throws Error
/// for another dtype.
[[nodiscard]] ARBITER_EXPORT const RowKernels& row_kernels(DType dtype);
/// The kernels for one instruction set, for tests. Throws Error if the processor lacks it.
[[nodiscard]] ARBITER_EXPORT const RowKernels& row_kernels(DType dtype, Isa isa);

/// The instruction set to use: the widest one that the processor has. The environment variable
/// ARBITER_ISA=portable|avx2|avx512 lowers it; any other value throws ConfigError.
[[nodiscard]] ARBITER_EXPORT Isa isa();
/// The widest instruction set that the processor has, without ARBITER_ISA.
[[nodiscard]] ARBITER_EXPORT Isa processor_isa();
/// "portable", "avx2", "avx512".
[[nodiscard]] ARBITER_EXPORT std::string_view name_of(Isa isa);

}  // namespace arbiter
