// SPDX-License-Identifier: Apache-2.0
// RESIDUAL_RMS_NORM_QUANT_DYNAMIC_FP8: RESIDUAL_RMS_NORM whose norm is quantised for an FP8 layer, each token by a
// scale of its own. FlashInfer's pattern kARResidualRMSNormDynamicFP8Quant; vLLM's rms_norm_dynamic_per_token_quant.
//
// residual_out as there. scale_out = amax / 448 of the token's norm, in fp32, and not below 1 / (448 * 512); quant_out
// = e4m3(norm / scale_out), to nearest even. A NaN makes the scale of its token NaN. The norm is neither written nor
// rounded before it is quantised; engines round it, which the reference allows.
#include "rms_norm/rms_norm_fusion.hpp"
#ifdef ARBITER_HAS_CUDA
#include "device_code/residual_rms_norm_quant_dynamic_fp8_epilogue.hpp"
#include "device_code/residual_rms_norm_quant_dynamic_fp8_weight_bias_epilogue.hpp"
constexpr arbiter::RmsNormFusion::DeviceCodes device_codes{
    arbiter::cuda::residual_rms_norm_quant_dynamic_fp8_epilogue_code,
    arbiter::cuda::residual_rms_norm_quant_dynamic_fp8_weight_bias_epilogue_code};
#else
constexpr arbiter::RmsNormFusion::DeviceCodes device_codes;
#endif

namespace arbiter {

namespace {

struct ResidualRmsNormQuantDynamicFp8 final : RmsNormFusion {
  explicit ResidualRmsNormQuantDynamicFp8(const Parameters& parameters)
      : RmsNormFusion(form_of({.norm_out = false, .quantization = Quantization::dynamic_fp8}, parameters),
                      device_codes) {}
};

}  // namespace

ARBITER_PLUGIN(ResidualRmsNormQuantDynamicFp8, {.kind = PluginKind::fusion,
                                                .name = "RESIDUAL_RMS_NORM_QUANT_DYNAMIC_FP8",
                                                .version = "1.0",
                                                .summary = "Residual addition, RMS norm to e4m3 with a scale per token",
                                                .parameters = rms_norm_parameters,
                                                .parameter_count = std::size(rms_norm_parameters)})

}  // namespace arbiter
