// SPDX-License-Identifier: Apache-2.0
// RESIDUAL_RMS_NORM_QUANT_PER_TOKEN_GROUP_FP8: RESIDUAL_RMS_NORM whose norm is quantised for an FP8 layer, each group
// of 128 elements of a token by a scale of its own (the last group may be shorter). With packed scales, the default,
// FlashInfer's pattern kARResidualRMSNormPerTokenGroupFP8PackedQuant with block_quant_group_size 128; with others what
// vLLM's and SGLang's per_token_group_quant_fp8 write.
//
// residual_out as there. scale_out = amax / 448 of the group's norm, in fp32, and not below 1e-10; packed scales are
// rounded up to powers of two and stored as UE8M0. quant_out = e4m3(norm / scale_out), to nearest even. A NaN makes the
// scale of its group NaN. The layouts of scales are in fp8_scales.hpp; groups that the last word of a token lacks are
// written as zero, tokens that a column lacks are not written. The norm is neither written nor rounded before it is
// quantised; engines round it, which the reference allows.
#include "rms_norm/rms_norm_fusion.hpp"
#ifdef ARBITER_HAS_CUDA
#include "device_code/residual_rms_norm_quant_per_token_group_fp8_epilogue.hpp"
#include "device_code/residual_rms_norm_quant_per_token_group_fp8_weight_bias_epilogue.hpp"
constexpr arbiter::RmsNormFusion::DeviceCodes device_codes{
    arbiter::cuda::residual_rms_norm_quant_per_token_group_fp8_epilogue_code,
    arbiter::cuda::residual_rms_norm_quant_per_token_group_fp8_weight_bias_epilogue_code};
#else
constexpr arbiter::RmsNormFusion::DeviceCodes device_codes;
#endif

namespace arbiter {

namespace {

struct ResidualRmsNormQuantPerTokenGroupFp8 final : RmsNormFusion {
  explicit ResidualRmsNormQuantPerTokenGroupFp8(const Parameters& parameters)
      : RmsNormFusion(form_of({.norm_out = false, .quantization = Quantization::group_fp8}, parameters), device_codes) {
  }
};

}  // namespace

ARBITER_PLUGIN(ResidualRmsNormQuantPerTokenGroupFp8,
               {.kind = PluginKind::fusion,
                .name = "RESIDUAL_RMS_NORM_QUANT_PER_TOKEN_GROUP_FP8",
                .version = "1.0",
                .summary = "Residual addition, RMS norm to e4m3 with a scale per 128",
                .parameters = group_fp8_parameters,
                .parameter_count = std::size(group_fp8_parameters)})

}  // namespace arbiter
