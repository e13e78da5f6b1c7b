// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "arbiter/export.hpp"

namespace arbiter {

/// Element formats of messages and of tensors.
enum class DType : std::uint8_t {
  bfloat16,
  float16,
  float32,
  float8_e4m3,    ///< 1-4-3, no infinity, largest finite value 448
  float4_e2m1x2,  ///< two 4-bit values in one byte, the even element in the low half
  float8_e8m0,    ///< a power of two, 2^-127 to 2^127; for scales of blocks
};

/// The size of one stored unit in bytes (float4_e2m1x2: one byte, which holds two values).
[[nodiscard]] constexpr std::int64_t size_of(DType dtype) {
  switch (dtype) {
    case DType::bfloat16:
    case DType::float16: return 2;
    case DType::float32: return 4;
    case DType::float8_e4m3:
    case DType::float4_e2m1x2:
    case DType::float8_e8m0: return 1;
  }
  return 0;
}

/// Half the distance from 1 to the next value: the largest relative error of one rounding to `dtype`.
[[nodiscard]] ARBITER_EXPORT double unit_roundoff(DType dtype);

/// The name in CSVs: bfloat16, float16, float32, float8_e4m3, float4_e2m1x2, float8_e8m0.
[[nodiscard]] ARBITER_EXPORT std::string_view name_of(DType dtype);

/// A message dtype by its CSV name, or by bf16, fp16, half, fp32, float. Nothing for any other text.
[[nodiscard]] ARBITER_EXPORT std::optional<DType> parse_message_dtype(std::string_view text);

enum class TensorRole : std::uint8_t { input, output };

/// A tensor that a fusion reads besides the message, or writes. Contents and size are the same on every rank.
struct TensorSpec {
  std::string name;  ///< "residual", "norm_out"; not empty
  TensorRole role = TensorRole::input;
  DType dtype = DType::bfloat16;
  std::int64_t units = 0;  ///< stored units of `dtype`, not negative
  double fill_low = -1.0;  ///< inputs: test data are uniform in [fill_low, fill_high]
  double fill_high = 1.0;

  [[nodiscard]] std::int64_t bytes() const { return units * size_of(dtype); }
};

/// The memory that one operation works on. All pointers are to memory of the strategy's backend, owned by the caller
/// and aligned to the element.
struct Bindings {
  const void* input = nullptr;     ///< this rank's message
  std::span<void* const> tensors;  ///< in the order of Fusion::tensors()
};

}  // namespace arbiter
