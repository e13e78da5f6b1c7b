// SPDX-License-Identifier: Apache-2.0
// RESIDUAL_RMS_NORM_OUT_QUANT_DYNAMIC_FP8: RESIDUAL_RMS_NORM_QUANT_DYNAMIC_FP8 that also writes norm_out, for layers
// that read both. FlashInfer's pattern kARResidualRMSNormOutDynamicFP8Quant.
#include "rms_norm/rms_norm_fusion.hpp"
#ifdef ARBITER_HAS_CUDA
#include "device_code/residual_rms_norm_out_quant_dynamic_fp8_epilogue.hpp"
#include "device_code/residual_rms_norm_out_quant_dynamic_fp8_weight_bias_epilogue.hpp"
constexpr arbiter::RmsNormFusion::DeviceCodes device_codes{
    arbiter::cuda::residual_rms_norm_out_quant_dynamic_fp8_epilogue_code,
    arbiter::cuda::residual_rms_norm_out_quant_dynamic_fp8_weight_bias_epilogue_code};
#else
constexpr arbiter::RmsNormFusion::DeviceCodes device_codes;
#endif

namespace arbiter {

namespace {

struct ResidualRmsNormOutQuantDynamicFp8 final : RmsNormFusion {
  explicit ResidualRmsNormOutQuantDynamicFp8(const Parameters& parameters)
      : RmsNormFusion(form_of({.norm_out = true, .quantization = Quantization::dynamic_fp8}, parameters),
                      device_codes) {}
};

}  // namespace

ARBITER_PLUGIN(ResidualRmsNormOutQuantDynamicFp8,
               {.kind = PluginKind::fusion,
                .name = "RESIDUAL_RMS_NORM_OUT_QUANT_DYNAMIC_FP8",
                .version = "1.0",
                .summary = "Residual addition, RMS norm, and the norm to e4m3 with a scale per token",
                .parameters = rms_norm_parameters,
                .parameter_count = std::size(rms_norm_parameters)})

}  // namespace arbiter
