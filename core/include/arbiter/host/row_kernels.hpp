#pragma once

#include <cstdint>
#include <string_view>

#include "arbiter/export.hpp"
#include "arbiter/tensor.hpp"

namespace arbiter {

/// The widest instruction set this processor runs and Arbiter has kernels for. The environment variable
/// ARBITER_ISA=portable|avx2|avx512 lowers it; any other value throws ConfigError.
enum class Isa : std::uint8_t { portable, avx2, avx512 };
[[nodiscard]] ARBITER_EXPORT Isa isa();
/// The widest one, whatever ARBITER_ISA says.
[[nodiscard]] ARBITER_EXPORT Isa processor_isa();
/// `processor`, lowered by a setting like that of ARBITER_ISA (empty: not lowered). Throws ConfigError for another
/// text.
[[nodiscard]] ARBITER_EXPORT Isa lowered_isa(Isa processor, std::string_view setting);
[[nodiscard]] ARBITER_EXPORT std::string_view name_of(Isa isa);

/// Loops over rows of messages, for strategies and epilogues on the host. Every instruction set gives the same bits.
/// `count` is in elements and may be anything, pointers need the alignment of an element only. Thread-safe.
/// What rounds, rounds to nearest even, keeps subnormals, and stores a NaN as the positive NaN of all ones;
/// which NaN a sum or a loaded element is in fp32 is not specified.
struct RowKernels {
  /// sum[i] = inputs[0][i] + inputs[1][i] + ... + inputs[ranks-1][i] in fp32, in that order.
  void (*reduce)(const void* const* inputs, int ranks, std::int64_t count, float* sum);
  /// into[i] = round(into[i] + from[i]): the operation of an MPI reduction, which rounds at each hop.
  void (*accumulate)(const void* from, void* into, std::int64_t count);
  /// to[i] = round(from[i]), fp32 to the dtype.
  void (*store)(const float* from, void* to, std::int64_t count);
  /// The dtype to fp32, exactly.
  void (*load)(const void* from, float* to, std::int64_t count);
};

/// The kernels for a message dtype (bfloat16, float16, float32) on this processor. Throws Error for another dtype.
[[nodiscard]] ARBITER_EXPORT const RowKernels& row_kernels(DType dtype);
/// The same for one instruction set. Throws Error if the processor lacks it.
[[nodiscard]] ARBITER_EXPORT const RowKernels& row_kernels(DType dtype, Isa isa);

}  // namespace arbiter
