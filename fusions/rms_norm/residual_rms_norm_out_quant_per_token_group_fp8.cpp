// SPDX-License-Identifier: Apache-2.0
// RESIDUAL_RMS_NORM_OUT_QUANT_PER_TOKEN_GROUP_FP8: RESIDUAL_RMS_NORM_QUANT_PER_TOKEN_GROUP_FP8 that also writes
// norm_out, for layers that read both. FlashInfer's pattern kARResidualRMSNormOutPerTokenGroupFP8PackedQuant.
#include "rms_norm/rms_norm_fusion.hpp"
#ifdef ARBITER_HAS_CUDA
#include "device_code/residual_rms_norm_out_quant_per_token_group_fp8_epilogue.hpp"
#include "device_code/residual_rms_norm_out_quant_per_token_group_fp8_weight_bias_epilogue.hpp"
constexpr arbiter::RmsNormFusion::DeviceCodes device_codes{
    arbiter::cuda::residual_rms_norm_out_quant_per_token_group_fp8_epilogue_code,
    arbiter::cuda::residual_rms_norm_out_quant_per_token_group_fp8_weight_bias_epilogue_code};
#else
constexpr arbiter::RmsNormFusion::DeviceCodes device_codes;
#endif

namespace arbiter {

namespace {

struct ResidualRmsNormOutQuantPerTokenGroupFp8 final : RmsNormFusion {
  explicit ResidualRmsNormOutQuantPerTokenGroupFp8(const Parameters& parameters)
      : RmsNormFusion(form_of({.norm_out = true, .quantization = Quantization::group_fp8}, parameters), device_codes) {}
};

}  // namespace

ARBITER_PLUGIN(ResidualRmsNormOutQuantPerTokenGroupFp8,
               {.kind = PluginKind::fusion,
                .name = "RESIDUAL_RMS_NORM_OUT_QUANT_PER_TOKEN_GROUP_FP8",
                .version = "1.0",
                .summary = "Residual addition, RMS norm, and the norm to e4m3 with a scale per 128",
                .parameters = group_fp8_parameters,
                .parameter_count = std::size(group_fp8_parameters)})

}  // namespace arbiter
