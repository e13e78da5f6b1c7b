// RESIDUAL_RMS_NORM_QUANT_NVFP4: RESIDUAL_RMS_NORM whose norm goes to an NVFP4 layer.
// residual_out as there. Each 16 elements of a row, the last few of a row too, share a scale: scale_out = e4m3(
// global_scale * amax / 6), and quant_out = e2m1(norm * global_scale / scale_out), so that norm is about quant_out *
// scale_out / global_scale; global_scale is positive. A block whose scale rounds to zero holds zeros; a NaN makes the
// scale of its block NaN. Two values share a byte, the even element in the low half; scales are linear or swizzled in
// 128x4 tiles, where padding columns of a row are written zero and padding rows are left alone.
#include <iterator>

#include "rms_norm/parameters.hpp"
#include "rms_norm/rms_norm_fusion.hpp"
#ifdef ARBITER_HAS_CUDA
#include "device_code/residual_rms_norm_quant_nvfp4_epilogue.hpp"
#endif

namespace arbiter {

namespace {

constexpr ParameterSpec parameter_specs[] = {rms_norm_parameters::eps, rms_norm_parameters::scale_layout};

class ResidualRmsNormQuantNvfp4 final : public RmsNormFusion {
 public:
  explicit ResidualRmsNormQuantNvfp4(const Parameters& parameters)
      : RmsNormFusion({.norm_out = false,
                       .quantization = Quantization::nvfp4,
                       .eps = parameters.real("eps"),
                       .scale_layout = rms_norm_parameters::layout_of(parameters)}) {}

#ifdef ARBITER_HAS_CUDA
  [[nodiscard]] cuda::DeviceEpilogue device_epilogue(const Problem& problem) const override {
    return device_epilogue_of(cuda::residual_rms_norm_quant_nvfp4_epilogue_code(problem.dtype), problem);
  }
#endif
};

}  // namespace

ARBITER_PLUGIN(ResidualRmsNormQuantNvfp4, {.kind = PluginKind::fusion,
                                           .name = "RESIDUAL_RMS_NORM_QUANT_NVFP4",
                                           .version = "1.0",
                                           .summary = "Residual addition, RMS norm to e2m1 with a scale per 16",
                                           .parameters = parameter_specs,
                                           .parameter_count = std::size(parameter_specs)})

}  // namespace arbiter
