// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>

namespace arbiter {

enum class Quantization : std::uint8_t {
  none,
  fp8,          ///< e4m3 by a given scale
  nvfp4,        ///< e2m1, a scale for each 16 elements
  dynamic_fp8,  ///< e4m3, a scale for each token
  group_fp8,    ///< e4m3, a scale for each 128 elements of a token
};

/// The indices in Bindings::tensors of the tensors of one RESIDUAL_RMS_NORM fusion, for host and device code.
struct RmsNormTensors {
  bool norm_out = true;  ///< whether the norm itself is an output
  Quantization quantization = Quantization::none;

  static constexpr std::size_t residual = 0;
  static constexpr std::size_t gamma = 1;
  static constexpr std::size_t quant_scale = 2;  ///< fp8: scale; nvfp4: global_scale

  [[nodiscard]] constexpr bool quantizes() const { return quantization != Quantization::none; }
  /// Whether scales are computed, and so are outputs; otherwise the only scale is an input.
  [[nodiscard]] constexpr bool has_scale_out() const { return quantizes() && quantization != Quantization::fp8; }
  [[nodiscard]] constexpr bool has_scale_input() const {
    return quantization == Quantization::fp8 || quantization == Quantization::nvfp4;
  }
  [[nodiscard]] constexpr std::size_t residual_out() const { return has_scale_input() ? 3 : 2; }
  [[nodiscard]] constexpr std::size_t norm_output() const { return residual_out() + 1; }
  [[nodiscard]] constexpr std::size_t quant_out() const { return residual_out() + (norm_out ? 2 : 1); }
  [[nodiscard]] constexpr std::size_t scale_out() const { return quant_out() + 1; }
};

/// The indices in DeviceEpilogue::scalars of these fusions' constants.
enum RmsNormScalar : int {
  rms_norm_inverse_count,  ///< 1 / hidden_size
  rms_norm_eps,
  rms_norm_swizzled,     ///< 1 for ScaleLayout::swizzled, 0 for linear
  rms_norm_weight_bias,  ///< read by code for a weight bias only
  rms_norm_group_layout  ///< the number of the GroupScaleLayout
};

}  // namespace arbiter
