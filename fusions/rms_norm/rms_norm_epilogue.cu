// SPDX-License-Identifier: Apache-2.0
// The device epilogue of all RESIDUAL_RMS_NORM fusions; ARBITER_NORM_OUT and ARBITER_QUANTIZATION (a Quantization)
// select one, and ARBITER_WEIGHT_BIAS its form with a bias on gamma. The arithmetic is that of RmsNormEpilogue, step by
// step: for the same scalar outputs are bit-identical to the host's. The scalar itself may differ by a few units in the
// last place.
//
// There is no shared memory. The only synchronisation is in finish(), which full warps call: shuffles by which the
// lanes of one NVFP4 block (two for 16-bit elements, four for fp32) or FP8 group (16 or 32) find its largest magnitude.
#include "arbiter/cuda/element.cuh"
#include "arbiter/cuda/epilogue.cuh"
#include "rms_norm/device_encoders.hpp"
#include "rms_norm/fp8_scales.hpp"
#include "rms_norm/nvfp4_layout.hpp"
#include "rms_norm/rms_norm_tensors.hpp"

namespace {

using namespace arbiter;
using namespace arbiter::cuda;

constexpr RmsNormTensors tensors{ARBITER_NORM_OUT != 0, static_cast<Quantization>(ARBITER_QUANTIZATION)};
constexpr bool is_nvfp4 = tensors.quantization == Quantization::nvfp4;
constexpr bool is_dynamic_fp8 = tensors.quantization == Quantization::dynamic_fp8;
constexpr bool is_group_fp8 = tensors.quantization == Quantization::group_fp8;
constexpr bool has_scale_input = tensors.has_scale_input();
constexpr bool has_scale_out = tensors.has_scale_out();
constexpr bool has_weight_bias = ARBITER_WEIGHT_BIAS != 0;
constexpr int residual_out = tensors.residual_out();
constexpr int norm_out = tensors.norm_output();
constexpr int quant_out = tensors.quant_out();
constexpr int scale_out = tensors.scale_out();

__device__ __forceinline__ Element* vector_at(const EpilogueArguments& arguments, int tensor,
                                              const VectorPlace& place) {
  return static_cast<Element*>(arguments.tensors[tensor]) + place.offset;
}

/// Factor on gamma, and divisor of what multiplies it, where the largest element is looked for. Elements are multiplied
/// by gamma before the row's scalar is known; without the factor this product could overflow fp32 where the scaled one
/// does not. A product of two fp16 cannot.
constexpr float gamma_unit = has_scale_out && ARBITER_DTYPE != 1 ? 0x1p-64F : 1.0F;

/// Gamma of a vector, and the bias on it, in gamma_unit.
__device__ __forceinline__ Accumulators weights(const EpilogueArguments& arguments, const EpilogueInputs& inputs) {
  Accumulators weight = unpack(inputs.constant[0]);
  if constexpr (has_weight_bias) {
    const float bias = device::product(arguments.scalars[rms_norm_weight_bias], gamma_unit);
#pragma unroll
    for (int i = 0; i < vector_elements; ++i) weight.value[i] = device::sum(weight.value[i], bias);
  }
  return weight;
}

__device__ __forceinline__ Accumulators products(Accumulators a, const Accumulators& b) {
#pragma unroll
  for (int i = 0; i < vector_elements; ++i) a.value[i] = device::product(a.value[i], b.value[i]);
  return a;
}

__device__ __forceinline__ Accumulators times(Accumulators vector, float factor) {
#pragma unroll
  for (int i = 0; i < vector_elements; ++i) vector.value[i] = device::product(vector.value[i], factor);
  return vector;
}

/// Stores the codes of a vector, `bytes` for a full one; in one access if the vector is full and the address aligned.
template <int bytes>
__device__ __forceinline__ void store_bytes(std::uint8_t* to, std::uint64_t packed, const VectorPlace& place) {
  constexpr int elements_per_byte = vector_elements / bytes;
  const int count = (place.count + elements_per_byte - 1) / elements_per_byte;
  if (place.aligned ? count != 0 : count == bytes && reinterpret_cast<std::uintptr_t>(to) % bytes == 0) {
    if constexpr (bytes == 8) *reinterpret_cast<std::uint64_t*>(to) = packed;
    if constexpr (bytes == 4) *reinterpret_cast<std::uint32_t*>(to) = static_cast<std::uint32_t>(packed);
    if constexpr (bytes == 2) *reinterpret_cast<std::uint16_t*>(to) = static_cast<std::uint16_t>(packed);
    return;
  }
  if (place.aligned) return;
#pragma unroll
  for (int i = 0; i < bytes; ++i) {
    if (i < count) to[i] = static_cast<std::uint8_t>(packed >> (8 * i));
  }
}

/// The addresses in EpilogueInputs::located: those of the codes of a vector and of the scale of its block.
enum Located : int { codes_at, scale_at };

__device__ __forceinline__ void keep_address(EpilogueInputs& inputs, Located which, std::uint8_t* address) {
  evaluate_now(address);
  const auto bits = reinterpret_cast<std::uintptr_t>(address);
  inputs.located.word[2 * which] = static_cast<std::uint32_t>(bits);
  inputs.located.word[2 * which + 1] = static_cast<std::uint32_t>(bits >> 32U);
}
__device__ __forceinline__ std::uint8_t* kept_address(const EpilogueInputs& inputs, Located which) {
  const std::uintptr_t high = inputs.located.word[2 * which + 1];
  return reinterpret_cast<std::uint8_t*>(high << 32U | inputs.located.word[2 * which]);
}

__device__ __forceinline__ void finish_fp8(const EpilogueInputs& inputs, const VectorPlace& place,
                                           const Accumulators& scaled) {
  std::uint32_t pairs[vector_elements / 2];
#pragma unroll
  for (int i = 0; i < vector_elements; i += 2) pairs[i / 2] = device::to_e4m3(scaled.value[i], scaled.value[i + 1]);
  std::uint32_t words[2] = {};
#pragma unroll
  for (int i = 0; i < vector_elements / 2; ++i) words[i / 2] |= pairs[i] << (i % 2 * 16);
  store_bytes<vector_elements>(kept_address(inputs, codes_at), std::uint64_t{words[1]} << 32 | words[0], place);
}

/// The largest magnitude of a vector, NaN if one is NaN; elements beyond the row are zeros.
__device__ __forceinline__ float largest_of_vector(const Accumulators& element) {
  float largest[vector_elements];
#pragma unroll
  for (int i = 0; i < vector_elements; ++i) largest[i] = element.value[i];
#pragma unroll
  for (int width = vector_elements / 2; width > 0; width /= 2) {
#pragma unroll
    for (int i = 0; i < width; ++i) largest[i] = device::larger_magnitude(largest[i], largest[i + width]);
  }
  return largest[0];
}

/// Likewise of a block of `elements`, a power of two. Convergent.
template <std::int64_t elements>
__device__ __forceinline__ float largest_of_block(const Accumulators& element) {
  constexpr unsigned whole_warp = 0xffffffffU;
  float largest = largest_of_vector(element);
#pragma unroll
  for (int lane = 1; lane < elements / vector_elements; lane *= 2) {
    const std::uint32_t other = __shfl_xor_sync(whole_warp, device::bits_of(largest), lane);
    largest = device::larger_magnitude(largest, device::float_of(other));
  }
  return largest;
}

__device__ __forceinline__ auto scales_of(const EpilogueArguments& arguments) {
  if constexpr (is_group_fp8) {
    const auto layout = static_cast<GroupScaleLayout>(static_cast<int>(arguments.scalars[rms_norm_group_layout]));
    return GroupScales{layout, arguments.num_tokens, fp8_groups(arguments.hidden_size)};
  } else {
    const auto layout = arguments.scalars[rms_norm_swizzled] != 0.0F ? ScaleLayout::swizzled : ScaleLayout::linear;
    return Nvfp4Scales{layout, arguments.num_tokens, nvfp4_blocks(arguments.hidden_size)};
  }
}

/// Flag in the column offset of the last block of a row, if padding follows.
constexpr std::uint32_t padding_follows = 1U << 31U;

/// The offset within its row of the scale of the block of a vector, with its flag.
template <class Scales>
__device__ __forceinline__ std::uint32_t column_offset(const Scales& scales, const VectorPlace& place) {
  constexpr std::int64_t scaled_together = is_group_fp8 ? fp8_group : nvfp4_block;
  const std::uint32_t block = static_cast<std::uint32_t>(place.column) / static_cast<std::uint32_t>(scaled_together);
  const bool is_last = block + 1 == scales.blocks && place.column % scaled_together == 0;
  return scales.column_offset(block) | (is_last && scales.blocks != scales.columns() ? padding_follows : 0U);
}

/// The address of the scales of a row.
__device__ __forceinline__ std::uint8_t* scales_of_row(const EpilogueArguments& arguments, std::int64_t row) {
  return static_cast<std::uint8_t*>(arguments.tensors[scale_out]) +
         scales_of(arguments).row_offset(static_cast<std::uint32_t>(row));
}

/// Zeros the scales of a row that belong to no elements, if this vector has the flag.
__device__ __forceinline__ void clear_padding(const EpilogueArguments& arguments, const VectorPlace& place,
                                              const EpilogueInputs& inputs) {
  if ((inputs.constant[1].word[1] & padding_follows) == 0) return;
  const auto scales = scales_of(arguments);
  std::uint8_t* const row = scales_of_row(arguments, place.row);
  std::uint32_t b = scales.blocks;
#pragma unroll 1
  do row[scales.column_offset(b)] = 0;
  while (++b < scales.columns());
}

/// `weighted` are the elements times gamma. Everything independent of the row's scalar comes first. Convergent.
__device__ __forceinline__ void finish_nvfp4(const EpilogueArguments& arguments, const VectorPlace& place,
                                             const EpilogueInputs& inputs, const Accumulators& weighted, float scalar) {
  const float global_scale = device::float_of(inputs.constant[1].word[0]);
  std::uint32_t signs = device::e2m1_signs(weighted.value);
  evaluate_now(signs);
  const float largest = largest_of_block<nvfp4_block>(weighted);
  if (place.count == 0) return;
  const std::uint32_t scale = device::block_scale(largest, scalar, global_scale);
  std::uint32_t codes = device::scaled_to_e2m1_word(weighted.value, scale, scalar, global_scale) | signs;
  if (place.count < vector_elements) codes &= (1U << (4 * place.count)) - 1;
  store_bytes<vector_elements / 2>(kept_address(inputs, codes_at), codes, place);
  if (place.column % nvfp4_block == 0) *kept_address(inputs, scale_at) = static_cast<std::uint8_t>(scale);
  clear_padding(arguments, place, inputs);
}

/// `norm` is the normalised vector, `largest` the row's maximum, still without the row's scalar, `factor`.
__device__ __forceinline__ void finish_dynamic_fp8(const EpilogueInputs& inputs, const VectorPlace& place,
                                                   const Accumulators& norm, float largest, float factor) {
  const float scale = device::fp8_scale(device::product(largest, factor), smallest_token_scale);
  finish_fp8(inputs, place, times(norm, __frcp_rn(scale)));
  if (place.column == 0 && place.count != 0) *reinterpret_cast<float*>(kept_address(inputs, scale_at)) = scale;
}

/// `weighted` are the elements times gamma. Convergent.
__device__ __forceinline__ void finish_group_fp8(const EpilogueArguments& arguments, const VectorPlace& place,
                                                 const EpilogueInputs& inputs, const Accumulators& weighted,
                                                 float factor) {
  const float largest = largest_of_block<fp8_group>(weighted);
  if (place.count == 0) return;
  const bool packed = arguments.scalars[rms_norm_group_layout] == static_cast<float>(GroupScaleLayout::packed);
  float scale = device::fp8_scale(device::product(largest, factor), smallest_group_scale);
  if (packed) scale = device::rounded_up_to_power(scale);
  finish_fp8(inputs, place, times(times(weighted, factor), __frcp_rn(scale)));
  if (place.column % fp8_group != 0) return;
  std::uint8_t* const to = kept_address(inputs, scale_at);
  if (packed) {
    *to = static_cast<std::uint8_t>(device::bits_of(scale) >> 23U);
    clear_padding(arguments, place, inputs);
  } else {
    *reinterpret_cast<float*>(to) = scale;
  }
}

}  // namespace

extern "C" {

__device__ void arbiter_epilogue_load_constant(const EpilogueArguments& arguments, const VectorPlace& place,
                                               EpilogueInputs& inputs) {
  inputs.constant[0] =
      load_vector(static_cast<const Element*>(arguments.tensors[RmsNormTensors::gamma]) + place.column, place);
  float scale = 1.0F;
  if constexpr (has_scale_input) {
    if (place.count > 0) scale = *static_cast<const float*>(arguments.tensors[RmsNormTensors::quant_scale]);
  }
  if constexpr (tensors.quantization == Quantization::fp8) scale = __frcp_rn(scale);
  if constexpr (has_scale_out) {
    inputs.constant[0] = pack(times(unpack(inputs.constant[0]), gamma_unit));
    scale = device::product(scale, 1.0F / gamma_unit);
  }
  inputs.constant[1].word[0] = device::bits_of(scale);
  if constexpr (is_nvfp4 || is_group_fp8) {
    inputs.constant[1].word[1] = column_offset(scales_of(arguments), place);
    evaluate_now(inputs.constant[1].word[1]);
  }
}

__device__ void arbiter_epilogue_locate(const EpilogueArguments& arguments, const VectorPlace& place,
                                        EpilogueInputs& inputs) {
  if constexpr (tensors.quantization == Quantization::none) return;
  auto* const codes = static_cast<std::uint8_t*>(arguments.tensors[quant_out]);
  if constexpr (is_nvfp4) {
    // Rows start at byte boundaries, also those of odd size.
    const std::int64_t first =
        place.aligned ? place.offset / 2 : place.row * ((arguments.hidden_size + 1) / 2) + place.column / 2;
    keep_address(inputs, codes_at, codes + first);
  } else {
    keep_address(inputs, codes_at, codes + place.offset);
  }
  if constexpr (is_dynamic_fp8) {
    auto* const scales = static_cast<float*>(arguments.tensors[scale_out]);
    keep_address(inputs, scale_at, reinterpret_cast<std::uint8_t*>(scales + place.row));
  }
  if constexpr (is_nvfp4 || is_group_fp8) {
    const std::uint32_t in_row = inputs.constant[1].word[1] & ~padding_follows;
    keep_address(inputs, scale_at, scales_of_row(arguments, place.row) + in_row);
  }
}

__device__ void arbiter_epilogue_load(const EpilogueArguments& arguments, const VectorPlace& place,
                                      EpilogueInputs& inputs) {
  inputs.row[0] = load_vector(vector_at(arguments, RmsNormTensors::residual, place), place);
}

__device__ float arbiter_epilogue_begin(const EpilogueArguments&, const VectorPlace&, const EpilogueInputs& inputs,
                                        const Accumulators& sum, Packed& epilogue_state) {
  const Accumulators residual = unpack(inputs.row[0]);
  Accumulators total;
#pragma unroll
  for (int i = 0; i < vector_elements; ++i) total.value[i] = device::sum(sum.value[i], residual.value[i]);
  epilogue_state = pack(total);
  const Accumulators rounded = unpack(epilogue_state);
  float squares[vector_elements];
#pragma unroll
  for (int i = 0; i < vector_elements; ++i) squares[i] = device::product(rounded.value[i], rounded.value[i]);
#pragma unroll
  for (int width = vector_elements / 2; width > 0; width /= 2) {
#pragma unroll
    for (int i = 0; i < width; ++i) squares[i] = device::sum(squares[i], squares[i + width]);
  }
  return squares[0];
}

__device__ bool arbiter_epilogue_needs_maximum() { return is_dynamic_fp8; }

__device__ float arbiter_epilogue_maximum(const EpilogueArguments& arguments, const VectorPlace&,
                                          const EpilogueInputs& inputs, const Packed& epilogue_state) {
  return largest_of_vector(products(unpack(epilogue_state), weights(arguments, inputs)));
}

__device__ void arbiter_epilogue_store_state(const EpilogueArguments& arguments, const VectorPlace& place,
                                             const Packed& epilogue_state) {
  store_vector(vector_at(arguments, residual_out, place), epilogue_state, place);
}

__device__ float arbiter_epilogue_scalar(const EpilogueArguments& arguments, float statistic) {
  const float* const scalars = arguments.scalars;
  return device::inverse_rms(statistic, scalars[rms_norm_inverse_count], scalars[rms_norm_eps]);
}

__device__ void arbiter_epilogue_finish(const EpilogueArguments& arguments, const VectorPlace& place,
                                        const EpilogueInputs& inputs, const Packed& epilogue_state, float scalar,
                                        float maximum) {
  const Accumulators value = unpack(epilogue_state);
  const Accumulators weight = weights(arguments, inputs);
  const auto normalized = [&](float factor) {
    Accumulators result;
#pragma unroll
    for (int i = 0; i < vector_elements; ++i) {
      result.value[i] = device::product(device::product(value.value[i], factor), weight.value[i]);
    }
    return result;
  };
  const float scale = has_scale_input ? device::float_of(inputs.constant[1].word[0]) : 1.0F;
  if constexpr (tensors.norm_out) {
    const float factor = has_scale_out ? device::product(scalar, 1.0F / gamma_unit) : scalar;
    store_vector(vector_at(arguments, norm_out, place), pack(normalized(factor)), place);
  }
  if constexpr (tensors.quantization == Quantization::fp8) {
    finish_fp8(inputs, place, normalized(device::product(scalar, scale)));
  }
  if constexpr (is_nvfp4) {
    Accumulators weighted;
#pragma unroll
    for (int i = 0; i < vector_elements; ++i) weighted.value[i] = device::product(value.value[i], weight.value[i]);
    finish_nvfp4(arguments, place, inputs, weighted, scalar);
  }
  const float factor = device::product(scalar, 1.0F / gamma_unit);
  if constexpr (is_dynamic_fp8) finish_dynamic_fp8(inputs, place, normalized(factor), maximum, factor);
  if constexpr (is_group_fp8) finish_group_fp8(arguments, place, inputs, products(value, weight), factor);
}
}
