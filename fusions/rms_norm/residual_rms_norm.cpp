// SPDX-License-Identifier: Apache-2.0
// RESIDUAL_RMS_NORM: residual addition and RMS normalisation, the epilogue between two halves of a layer.
//
// residual_out = round(sum + residual); norm_out = round(residual_out * rsqrt(mean(residual_out^2) + eps) * gamma),
// both num_tokens x hidden_size of the message dtype. Like in engines, the norm is that of the rounded residual_out, so
// that it can be recomputed from what was stored.
#include "rms_norm/rms_norm_fusion.hpp"
#ifdef ARBITER_HAS_CUDA
#include "device_code/residual_rms_norm_epilogue.hpp"
#include "device_code/residual_rms_norm_weight_bias_epilogue.hpp"
constexpr arbiter::RmsNormFusion::DeviceCodes device_codes{arbiter::cuda::residual_rms_norm_epilogue_code,
                                                           arbiter::cuda::residual_rms_norm_weight_bias_epilogue_code};
#else
constexpr arbiter::RmsNormFusion::DeviceCodes device_codes;
#endif

namespace arbiter {

namespace {

struct ResidualRmsNorm final : RmsNormFusion {
  explicit ResidualRmsNorm(const Parameters& parameters)
      : RmsNormFusion(form_of({.norm_out = true, .quantization = Quantization::none}, parameters), device_codes) {}
};

}  // namespace

ARBITER_PLUGIN(ResidualRmsNorm, {.kind = PluginKind::fusion,
                                 .name = "RESIDUAL_RMS_NORM",
                                 .version = "1.0",
                                 .summary = "Residual addition, RMS norm",
                                 .parameters = rms_norm_parameters,
                                 .parameter_count = std::size(rms_norm_parameters)})

}  // namespace arbiter
