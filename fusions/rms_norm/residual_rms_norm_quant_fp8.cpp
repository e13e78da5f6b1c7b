// SPDX-License-Identifier: Apache-2.0
// RESIDUAL_RMS_NORM_QUANT_FP8: RESIDUAL_RMS_NORM whose norm is quantised for an FP8 layer.
//
// residual_out as there; quant_out = e4m3(norm / scale), to nearest even, saturating at 448, with one fp32 scale for
// the tensor. The norm is neither written nor rounded before it is quantised.
#include "rms_norm/rms_norm_fusion.hpp"
#ifdef ARBITER_HAS_CUDA
#include "device_code/residual_rms_norm_quant_fp8_epilogue.hpp"
#include "device_code/residual_rms_norm_quant_fp8_weight_bias_epilogue.hpp"
constexpr arbiter::RmsNormFusion::DeviceCodes device_codes{
    arbiter::cuda::residual_rms_norm_quant_fp8_epilogue_code,
    arbiter::cuda::residual_rms_norm_quant_fp8_weight_bias_epilogue_code};
#else
constexpr arbiter::RmsNormFusion::DeviceCodes device_codes;
#endif

namespace arbiter {

namespace {

struct ResidualRmsNormQuantFp8 final : RmsNormFusion {
  explicit ResidualRmsNormQuantFp8(const Parameters& parameters)
      : RmsNormFusion(form_of({.norm_out = false, .quantization = Quantization::fp8}, parameters), device_codes) {}
};

}  // namespace

ARBITER_PLUGIN(ResidualRmsNormQuantFp8, {.kind = PluginKind::fusion,
                                         .name = "RESIDUAL_RMS_NORM_QUANT_FP8",
                                         .version = "1.0",
                                         .summary = "Residual addition, RMS norm to e4m3",
                                         .parameters = rms_norm_parameters,
                                         .parameter_count = std::size(rms_norm_parameters)})

}  // namespace arbiter
