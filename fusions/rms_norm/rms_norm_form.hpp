#pragma once

#include <cstddef>
#include <vector>

#include "arbiter/problem.hpp"
#include "arbiter/tensor.hpp"
#include "rms_norm/nvfp4_layout.hpp"
#include "rms_norm/rms_norm_tensors.hpp"

namespace arbiter {

/// What one of the RESIDUAL_RMS_NORM fusions computes, and where its tensors are among Bindings::tensors.
struct RmsNormForm {
  bool norm_out = true;
  Quantization quantization = Quantization::none;
  double eps = 1e-5;
  ScaleLayout scale_layout = ScaleLayout::swizzled;

  static constexpr std::size_t residual = RmsNormTensors::residual;
  static constexpr std::size_t gamma = RmsNormTensors::gamma;
  static constexpr std::size_t quant_scale = RmsNormTensors::quant_scale;

  [[nodiscard]] RmsNormTensors places() const { return {norm_out, quantization}; }
  [[nodiscard]] bool quantizes() const { return places().quantizes(); }
  [[nodiscard]] std::size_t residual_out() const { return places().residual_out(); }
  [[nodiscard]] std::size_t norm_output() const { return places().norm_output(); }
  [[nodiscard]] std::size_t quant_out() const { return places().quant_out(); }
  [[nodiscard]] std::size_t scale_out() const { return places().scale_out(); }

  [[nodiscard]] Nvfp4Scales scales(const Problem& problem) const;
  /// Bytes of one packed row: two values in each, the last one alone if the hidden size is odd.
  [[nodiscard]] static std::int64_t packed_row_bytes(const Problem& problem) { return (problem.hidden_size + 1) / 2; }
  [[nodiscard]] std::vector<TensorSpec> tensors(const Problem& problem) const;
};

/// The fp32 value of an input of one element.
[[nodiscard]] float scalar_input(const Bindings& bindings, std::size_t tensor);

}  // namespace arbiter
