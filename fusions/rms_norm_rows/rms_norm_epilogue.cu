// The device epilogue of all RESIDUAL_RMS_NORM fusions; ARBITER_NORM_OUT and ARBITER_QUANTIZATION (a Quantization) say
// which one. Step for step the arithmetic of RmsNormEpilogue: every output has the host's bits but for what the other
// order of the row's sum does to the scalar.
//
// No memory is shared and nothing synchronises but the shuffles in which the lanes of one NVFP4 block (two of 16-bit
// elements, four of fp32) find its largest magnitude; these are in finish(), which whole warps call.
#include "arbiter/cuda/epilogue.cuh"
#include "rms_norm_rows/device_encoders.hpp"
#include "rms_norm_rows/inverse_rms.hpp"
#include "rms_norm_rows/nvfp4_layout.hpp"
#include "rms_norm_rows/rms_norm_scalars.hpp"
#include "rms_norm_rows/rms_norm_tensors.hpp"

namespace {

using namespace arbiter;
using namespace arbiter::cuda;

constexpr RmsNormTensors tensors{ARBITER_NORM_OUT != 0, static_cast<Quantization>(ARBITER_QUANTIZATION)};
constexpr int residual_out = tensors.residual_out();
constexpr int norm_out = tensors.norm_output();
constexpr int quant_out = tensors.quant_out();
constexpr int scale_out = tensors.scale_out();

__device__ __forceinline__ Element* vector_at(const EpilogueArguments& arguments, int tensor,
                                              const VectorPlace& place) {
  return static_cast<Element*>(arguments.tensors[tensor]) + place.offset;
}

/// The low bytes of a vector's codes, `bytes` of a whole one; in one access where they are all there and aligned.
template <int bytes>
__device__ __forceinline__ void store_bytes(std::uint8_t* to, std::uint64_t packed, const VectorPlace& place) {
  constexpr int elements_per_byte = vector_elements / bytes;
  const int count = (place.count + elements_per_byte - 1) / elements_per_byte;
  if (place.whole ? count != 0 : count == bytes && reinterpret_cast<std::uintptr_t>(to) % bytes == 0) {
    if constexpr (bytes == 8) *reinterpret_cast<std::uint64_t*>(to) = packed;
    if constexpr (bytes == 4) *reinterpret_cast<std::uint32_t*>(to) = static_cast<std::uint32_t>(packed);
    if constexpr (bytes == 2) *reinterpret_cast<std::uint16_t*>(to) = static_cast<std::uint16_t>(packed);
    return;
  }
  if (place.whole) return;
#pragma unroll
  for (int i = 0; i < bytes; ++i) {
    if (i < count) to[i] = static_cast<std::uint8_t>(packed >> (8 * i));
  }
}

__device__ __forceinline__ void finish_fp8(const EpilogueArguments& arguments, const VectorPlace& place,
                                           const Accumulators& norm, float inverse_scale) {
  std::uint64_t codes = 0;
#pragma unroll
  for (int i = 0; i < vector_elements; i += 2) {
    const std::uint64_t pair = device::to_e4m3(device::product(norm.value[i], inverse_scale),
                                               device::product(norm.value[i + 1], inverse_scale));
    codes |= pair << (8 * i);
  }
  auto* const to = static_cast<std::uint8_t*>(arguments.tensors[quant_out]);
  store_bytes<vector_elements>(to + place.offset, codes, place);
}

/// NaN if one is NaN, whose pattern is beyond infinity's. Convergent.
__device__ __forceinline__ float largest_of_block(const Accumulators& norm, int count) {
  constexpr unsigned whole_warp = 0xffffffffU;
  std::uint32_t largest = 0;
#pragma unroll
  for (int i = 0; i < vector_elements; ++i) {
    if (i < count) largest = max(largest, device::bits_of(norm.value[i]) & 0x7fffffffU);
  }
#pragma unroll
  for (int lane = 1; lane < nvfp4_block / vector_elements; lane *= 2) {
    largest = max(largest, __shfl_xor_sync(whole_warp, largest, lane));
  }
  return device::float_of(largest);
}

__device__ __forceinline__ void store_scale(const EpilogueArguments& arguments, const VectorPlace& place,
                                            std::uint32_t code) {
  const auto layout = arguments.scalars[rms_norm_swizzled] != 0.0F ? ScaleLayout::swizzled : ScaleLayout::linear;
  const Nvfp4Scales scales{layout, arguments.num_tokens, (arguments.hidden_size + nvfp4_block - 1) / nvfp4_block};
  auto* const to = static_cast<std::uint8_t*>(arguments.tensors[scale_out]);
  const int block = place.column / static_cast<int>(nvfp4_block);
  to[scales.offset(place.row, block)] = static_cast<std::uint8_t>(code);
  if (block + 1 == scales.blocks) {
    for (std::int64_t b = scales.blocks; b < scales.columns(); ++b) to[scales.offset(place.row, b)] = 0;
  }
}

/// Convergent.
__device__ __forceinline__ void finish_nvfp4(const EpilogueArguments& arguments, const VectorPlace& place,
                                             const Accumulators& norm, float global_scale) {
  const device::BlockScale scale = device::block_scale(largest_of_block(norm, place.count), global_scale);
  if (place.count == 0) return;
  if (place.column % nvfp4_block == 0) store_scale(arguments, place, scale.code);
  float scaled[vector_elements];
#pragma unroll
  for (int i = 0; i < vector_elements; ++i) scaled[i] = device::product(norm.value[i], scale.factor);
  std::uint32_t codes = device::to_e2m1_word(scaled) & scale.used;
  if (place.count < vector_elements) codes &= (1U << (4 * place.count)) - 1;
  auto* const to = static_cast<std::uint8_t*>(arguments.tensors[quant_out]);
  // A row starts at a byte of its own.
  const std::int64_t first =
      place.whole ? place.offset / 2 : place.row * ((arguments.hidden_size + 1) / 2) + place.column / 2;
  store_bytes<vector_elements / 2>(to + first, codes, place);
}

}  // namespace

extern "C" {

__device__ void arbiter_epilogue_load_constant(const EpilogueArguments& arguments, const VectorPlace& place,
                                               EpilogueInputs& inputs) {
  inputs.constant[0] =
      load_vector(static_cast<const Element*>(arguments.tensors[RmsNormTensors::gamma]) + place.column, place);
  if constexpr (tensors.quantization != Quantization::none) {
    float scale = 1.0F;
    if (place.count > 0) scale = *static_cast<const float*>(arguments.tensors[RmsNormTensors::quant_scale]);
    if constexpr (tensors.quantization == Quantization::fp8) scale = __frcp_rn(scale);
    inputs.constant[1].word[0] = device::bits_of(scale);
  }
}

__device__ void arbiter_epilogue_load(const EpilogueArguments& arguments, const VectorPlace& place,
                                      EpilogueInputs& inputs) {
  inputs.row[0] = load_vector(vector_at(arguments, RmsNormTensors::residual, place), place);
}

__device__ float arbiter_epilogue_begin(const EpilogueArguments&, const VectorPlace&, const EpilogueInputs& inputs,
                                        const Accumulators& sum, Packed& carried) {
  const Accumulators residual = unpack(inputs.row[0]);
  Accumulators total;
#pragma unroll
  for (int i = 0; i < vector_elements; ++i) total.value[i] = device::sum(sum.value[i], residual.value[i]);
  carried = pack(total);
  const Accumulators rounded = unpack(carried);
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

__device__ void arbiter_epilogue_store_carried(const EpilogueArguments& arguments, const VectorPlace& place,
                                               const Packed& carried) {
  store_vector(vector_at(arguments, residual_out, place), carried, place);
}

__device__ float arbiter_epilogue_scalar(const EpilogueArguments& arguments, float statistic) {
  const float* const scalars = arguments.scalars;
  return device::inverse_rms(statistic, {scalars[rms_norm_inverse_count], scalars[rms_norm_inverse_count_low],
                                         scalars[rms_norm_eps], scalars[rms_norm_eps_low]});
}

__device__ void arbiter_epilogue_finish(const EpilogueArguments& arguments, const VectorPlace& place,
                                        const EpilogueInputs& inputs, const Packed& carried, float scalar) {
  const Accumulators value = unpack(carried);
  const Accumulators gamma = unpack(inputs.constant[0]);
  Accumulators norm;
#pragma unroll
  for (int i = 0; i < vector_elements; ++i) {
    norm.value[i] = device::product(device::product(value.value[i], scalar), gamma.value[i]);
  }
  if constexpr (tensors.norm_out) store_vector(vector_at(arguments, norm_out, place), pack(norm), place);
  if constexpr (tensors.quantization != Quantization::none) {
    const float scale = device::float_of(inputs.constant[1].word[0]);
    if constexpr (tensors.quantization == Quantization::fp8) finish_fp8(arguments, place, norm, scale);
    if constexpr (tensors.quantization == Quantization::nvfp4) finish_nvfp4(arguments, place, norm, scale);
  }
}
}
