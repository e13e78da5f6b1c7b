// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "arbiter/problem.hpp"
#include "arbiter/tensor.hpp"
#include "rms_norm/fp8_scales.hpp"
#include "rms_norm/nvfp4_layout.hpp"
#include "rms_norm/rms_norm_tensors.hpp"

namespace arbiter {

/// Which of the RESIDUAL_RMS_NORM fusions, with its parameters.
struct RmsNormForm : RmsNormTensors {
  double eps = 1e-5;
  ScaleLayout scale_layout = ScaleLayout::swizzled;                ///< nvfp4
  double weight_bias = 0.0;                                        ///< added to gamma
  GroupScaleLayout group_scale_layout = GroupScaleLayout::packed;  ///< group_fp8

  /// In order: residual, gamma, then scale (fp8) or global_scale (nvfp4); residual_out, norm_out if it is an output,
  /// quant_out if it quantises, and scale_out if scales are computed.
  [[nodiscard]] std::vector<TensorSpec> tensors(const Problem& problem) const;
  [[nodiscard]] Nvfp4Scales scales(const Problem& problem) const;
  [[nodiscard]] GroupScales group_scales(const Problem& problem) const;
  /// Bytes of a row of packed e2m1 values, two per byte; of an odd row the last byte holds one.
  [[nodiscard]] static std::int64_t packed_row_bytes(const Problem& problem) { return (problem.hidden_size + 1) / 2; }
};

/// The fp32 value of an input tensor of one element.
[[nodiscard]] float scalar_input(const Bindings& bindings, std::size_t tensor);

}  // namespace arbiter
