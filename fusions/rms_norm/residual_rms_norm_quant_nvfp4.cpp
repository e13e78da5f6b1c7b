// SPDX-License-Identifier: Apache-2.0
// RESIDUAL_RMS_NORM_QUANT_NVFP4: RESIDUAL_RMS_NORM whose norm is quantised for an NVFP4 layer.
//
// residual_out as there. Each block of 16 elements of a row (the last one may be shorter) has a scale, scale_out =
// e4m3(global_scale * amax / 6) with a positive global_scale, and quant_out = e2m1(norm * global_scale / scale_out), so
// norm is about quant_out * scale_out / global_scale. A block whose scale rounds to zero holds zeros; a NaN makes the
// scale of its block NaN. Two values share a byte, the even element in the low half. Scales are linear or swizzled in
// 128x4 tiles; padding columns of a row are written as zero, padding rows are not written.
#include "rms_norm/rms_norm_fusion.hpp"
#ifdef ARBITER_HAS_CUDA
#include "device_code/residual_rms_norm_quant_nvfp4_epilogue.hpp"
#include "device_code/residual_rms_norm_quant_nvfp4_weight_bias_epilogue.hpp"
constexpr arbiter::RmsNormFusion::DeviceCodes device_codes{
    arbiter::cuda::residual_rms_norm_quant_nvfp4_epilogue_code,
    arbiter::cuda::residual_rms_norm_quant_nvfp4_weight_bias_epilogue_code};
#else
constexpr arbiter::RmsNormFusion::DeviceCodes device_codes;
#endif

namespace arbiter {

namespace {

struct ResidualRmsNormQuantNvfp4 final : RmsNormFusion {
  explicit ResidualRmsNormQuantNvfp4(const Parameters& parameters)
      : RmsNormFusion(form_of({.norm_out = false, .quantization = Quantization::nvfp4}, parameters), device_codes) {}
};

}  // namespace

ARBITER_PLUGIN(ResidualRmsNormQuantNvfp4, {.kind = PluginKind::fusion,
                                           .name = "RESIDUAL_RMS_NORM_QUANT_NVFP4",
                                           .version = "1.0",
                                           .summary = "Residual addition, RMS norm to e2m1 with a scale per 16",
                                           .parameters = nvfp4_parameters,
                                           .parameter_count = std::size(nvfp4_parameters)})

}  // namespace arbiter
