// SPDX-License-Identifier: Apache-2.0
#include "rms_norm/fp8_scales.hpp"
#include "rms_norm/rms_norm_kernels.hpp"
#include "rms_norm/row_encoders.hpp"

namespace arbiter::ARBITER_ISA {
namespace {

template <class Format>
float begin(const float* sum, const void* residual, void* epilogue_state, std::int64_t count) {
  const auto* residual_row = static_cast<const typename Format::Unit*>(residual);
  auto* state_row = static_cast<typename Format::Unit*>(epilogue_state);
  // Two alternating sums: with one, each block would wait for the previous addition.
  Floats squares = splat(0.0F);
  Floats other_squares = splat(0.0F);
  for_blocks(count, [&](std::int64_t i, auto extent) ARBITER_LANES_LAMBDA {
    const Floats total = load<Float32>(sum + i, extent) + load<Format>(residual_row + i, extent);
    const Floats value = store_rounded<Format>(total, state_row + i, extent);
    const Floats next = squares + value * value;
    squares = other_squares;
    other_squares = next;
  });
  return tree_sum(squares + other_squares);
}

/// Block by block: stores the norm if `norm_out`, and calls `quantize(block, gamma, first element, extent)` with the
/// elements of residual_out and gamma.
template <class Format, bool norm_out, class Quantize>
ARBITER_LANES_INLINE void normalize(const FinishRow& row, std::int64_t first, std::int64_t count, Quantize quantize) {
  using Unit = typename Format::Unit;
  const Unit* epilogue_state = static_cast<const Unit*>(row.epilogue_state) + first;
  const Unit* gamma = static_cast<const Unit*>(row.gamma) + first;
  Unit* residual_out = row.residual_out == nullptr ? nullptr : static_cast<Unit*>(row.residual_out) + first;
  Unit* norm = norm_out ? static_cast<Unit*>(row.norm_out) + first : nullptr;
  const Floats scalar = splat(row.scalar);
  const Floats bias = splat(row.weight_bias);
  for_blocks(count, [=](std::int64_t i, auto extent) ARBITER_LANES_LAMBDA {
    if (residual_out != nullptr) copy<Format>(epilogue_state + i, residual_out + i, extent);
    const Floats value = load<Format>(epilogue_state + i, extent);
    const Floats weight = load<Format>(gamma + i, extent);
    if constexpr (norm_out) store_rounded<Format>(value * scalar * (weight + bias), norm + i, extent);
    quantize(value, weight, i, extent);
  });
}

template <class Format>
void finish_norm(const FinishRow& row, std::int64_t count) {
  normalize<Format, true>(row, 0, count, [](const Floats&, const Floats&, std::int64_t, auto) ARBITER_LANES_LAMBDA {});
}

template <class Format, bool norm_out>
void finish_fp8(const FinishRow& row, std::int64_t count) {
  std::uint8_t* quant = row.quant_out;
  const Floats factor = splat(row.scalar * row.quant_scale);
  const Floats bias = splat(row.weight_bias);
  normalize<Format, norm_out>(
      row, 0, count, [=](const Floats& value, const Floats& gamma, std::int64_t i, auto extent) ARBITER_LANES_LAMBDA {
        store_bytes(to_e4m3(value * factor * (gamma + bias)), quant + i, extent);
      });
}

/// Factor on gamma, and divisor of what multiplies it, where the largest element is looked for. Elements are multiplied
/// by gamma before the row's scalar, which devices know last; without the factor this product could overflow fp32 where
/// the scaled one does not. A product of two fp16 cannot.
template <class Format>
inline constexpr float gamma_unit = 0x1p-64F;
template <>
inline constexpr float gamma_unit<Float16> = 1.0F;

/// Gamma plus the weight bias, both in that unit, in which devices keep gamma in the message dtype.
template <class Format>
ARBITER_LANES_INLINE Floats weight_in_unit(const Floats& gamma, const Floats& bias) {
  typename Format::Pack pack;
  return Format::round(gamma * splat(gamma_unit<Format>), pack) + bias;
}

/// Sixteen blocks at a time, so that the arithmetic of their scales is vectorised too.
template <class Format, bool norm_out>
void finish_nvfp4(const FinishRow& row, std::int64_t count) {
  constexpr std::int64_t group = std::int64_t{lane_count} * lane_count;
  const float global_scale = row.quant_scale / gamma_unit<Format>;
  const Floats global = splat(row.scalar * global_scale);
  const Floats bias = splat(row.weight_bias * gamma_unit<Format>);
  const Floats sixth = splat(global_scale * (1.0F / 6.0F) * row.scalar);
  for (std::int64_t first = 0; first < count; first += group) {
    const std::int64_t elements = count - first < group ? count - first : group;
    float weighted[group];
    float largest[lane_count] = {};
    normalize<Format, norm_out>(
        row, first, elements, [&](const Floats& value, const Floats& gamma, std::int64_t i, auto) ARBITER_LANES_LAMBDA {
          const Floats block = one_nan(value * weight_in_unit<Format>(gamma, bias));
          store(block, weighted + i, Whole{});
          largest[i / lane_count] = largest_magnitude(block);
        });
    const Words code = to_e4m3(load<Float32>(largest, Whole{}) * sixth);
    std::uint8_t scale[lane_count];
    float factor[lane_count];
    store_bytes(code, scale);
    const Floats reciprocal = splat(1.0F) / from_positive_e4m3(code);
    store(floats_of(select(code < splat(1U), 0U, bits_of(global * reciprocal))), factor, Whole{});
    for_blocks(elements, [&](std::int64_t i, auto extent) ARBITER_LANES_LAMBDA {
      const std::int64_t local = i / lane_count;
      const std::int64_t block = first / lane_count + local;
      const Floats element = load<Float32>(weighted + i, Whole{});
      const Words sign = (bits_of(element) >> 28) & splat(0x8U);
      store_nibbles((to_e2m1(element * splat(factor[local])) & splat(0x7U)) | sign, row.quant_out + (first + i) / 2,
                    extent);
      row.scale_out[block / 4 * row.scale_group_stride + block % 4] = scale[local];
    });
  }
}

/// The scale of elements whose largest magnitude is `largest`, as device::fp8_scale().
ARBITER_LANES_INLINE float fp8_scale(float largest, float smallest_scale) {
  const float scale = largest * (1.0F / 448.0F);
  const float bounded = scale < smallest_scale ? smallest_scale : scale;
  return bounded == bounded ? bounded : __builtin_nanf("0x3fffff");
}

template <class Format, bool norm_out>
void finish_dynamic_fp8(const FinishRow& row, std::int64_t count) {
  using Unit = typename Format::Unit;
  const Unit* epilogue_state = static_cast<const Unit*>(row.epilogue_state);
  const Unit* gamma_row = static_cast<const Unit*>(row.gamma);
  const Floats bias = splat(row.weight_bias * gamma_unit<Format>);
  Words largest = splat(0U);
  for_blocks(count, [&](std::int64_t i, auto extent) ARBITER_LANES_LAMBDA {
    const Floats weight = weight_in_unit<Format>(load<Format>(gamma_row + i, extent), bias);
    largest = larger_magnitude(largest, load<Format>(epilogue_state + i, extent) * weight);
  });
  const float scalar = row.scalar / gamma_unit<Format>;
  const float scale = fp8_scale(largest_lane(largest) * scalar, smallest_token_scale);
  __builtin_memcpy(row.scale_out, &scale, sizeof(scale));
  const Floats inverse = splat(1.0F / scale);
  const Floats factor = splat(scalar);
  std::uint8_t* quant = row.quant_out;
  normalize<Format, norm_out>(
      row, 0, count, [=](const Floats& value, const Floats& gamma, std::int64_t i, auto extent) ARBITER_LANES_LAMBDA {
        store_bytes(to_e4m3(value * factor * weight_in_unit<Format>(gamma, bias) * inverse), quant + i, extent);
      });
}

template <class Format, bool norm_out>
void finish_group_fp8(const FinishRow& row, std::int64_t count) {
  const Floats bias = splat(row.weight_bias * gamma_unit<Format>);
  const float scalar = row.scalar / gamma_unit<Format>;
  for (std::int64_t first = 0; first < count; first += fp8_group) {
    const std::int64_t elements = count - first < fp8_group ? count - first : fp8_group;
    float weighted[fp8_group];
    Words largest = splat(0U);
    normalize<Format, norm_out>(
        row, first, elements, [&](const Floats& value, const Floats& gamma, std::int64_t i, auto) ARBITER_LANES_LAMBDA {
          const Floats block = one_nan(value * weight_in_unit<Format>(gamma, bias));
          store(block, weighted + i, Whole{});
          largest = larger_magnitude(largest, block);
        });
    float scale = fp8_scale(largest_lane(largest) * scalar, smallest_group_scale);
    const std::int64_t group = first / fp8_group;
    if (row.packed_scales) {
      std::uint32_t bits = 0;
      __builtin_memcpy(&bits, &scale, sizeof(bits));
      bits = ((bits < infinity ? bits : infinity) + 0x7fffffU) & infinity;
      __builtin_memcpy(&scale, &bits, sizeof(scale));
      row.scale_out[group / 4 * row.scale_group_stride + group % 4] = static_cast<std::uint8_t>(bits >> 23);
    } else {
      __builtin_memcpy(row.scale_out + group * row.scale_group_stride, &scale, sizeof(scale));
    }
    const Floats inverse = splat(1.0F / scale);
    std::uint8_t* quant = row.quant_out + first;
    for_blocks(elements, [=, &weighted](std::int64_t i, auto extent) ARBITER_LANES_LAMBDA {
      store_bytes(to_e4m3(load<Float32>(weighted + i, Whole{}) * splat(scalar) * inverse), quant + i, extent);
    });
  }
}

template <class Format>
constexpr RmsNormKernels kernels{begin<Format>,
                                 finish_norm<Format>,
                                 finish_fp8<Format, false>,
                                 finish_fp8<Format, true>,
                                 finish_nvfp4<Format, false>,
                                 finish_nvfp4<Format, true>,
                                 finish_dynamic_fp8<Format, false>,
                                 finish_dynamic_fp8<Format, true>,
                                 finish_group_fp8<Format, false>,
                                 finish_group_fp8<Format, true>};

}  // namespace

constinit const IsaRmsNormKernels rms_norm_kernels{kernels<Bfloat16>, kernels<Float16>, kernels<Float32>};

}  // namespace arbiter::ARBITER_ISA
