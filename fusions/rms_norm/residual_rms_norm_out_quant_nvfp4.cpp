// SPDX-License-Identifier: Apache-2.0
// RESIDUAL_RMS_NORM_OUT_QUANT_NVFP4: RESIDUAL_RMS_NORM_QUANT_NVFP4 that also writes norm_out, for layers that read
// both.
#include "rms_norm/rms_norm_fusion.hpp"
#ifdef ARBITER_HAS_CUDA
#include "device_code/residual_rms_norm_out_quant_nvfp4_epilogue.hpp"
#include "device_code/residual_rms_norm_out_quant_nvfp4_weight_bias_epilogue.hpp"
constexpr arbiter::RmsNormFusion::DeviceCodes device_codes{
    arbiter::cuda::residual_rms_norm_out_quant_nvfp4_epilogue_code,
    arbiter::cuda::residual_rms_norm_out_quant_nvfp4_weight_bias_epilogue_code};
#else
constexpr arbiter::RmsNormFusion::DeviceCodes device_codes;
#endif

namespace arbiter {

namespace {

struct ResidualRmsNormOutQuantNvfp4 final : RmsNormFusion {
  explicit ResidualRmsNormOutQuantNvfp4(const Parameters& parameters)
      : RmsNormFusion(form_of({.norm_out = true, .quantization = Quantization::nvfp4}, parameters), device_codes) {}
};

}  // namespace

ARBITER_PLUGIN(ResidualRmsNormOutQuantNvfp4,
               {.kind = PluginKind::fusion,
                .name = "RESIDUAL_RMS_NORM_OUT_QUANT_NVFP4",
                .version = "1.0",
                .summary = "Residual addition, RMS norm, and the norm to e2m1 with a scale per 16",
                .parameters = nvfp4_parameters,
                .parameter_count = std::size(nvfp4_parameters)})

}  // namespace arbiter
