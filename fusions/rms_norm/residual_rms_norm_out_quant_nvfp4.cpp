// RESIDUAL_RMS_NORM_OUT_QUANT_NVFP4: RESIDUAL_RMS_NORM_QUANT_NVFP4 that also writes norm_out, for layers that read
// both.
#include <iterator>

#include "rms_norm/parameters.hpp"
#include "rms_norm/rms_norm_fusion.hpp"
#ifdef ARBITER_HAS_CUDA
#include "device_code/residual_rms_norm_out_quant_nvfp4_epilogue.hpp"
#endif

namespace arbiter {

namespace {

constexpr ParameterSpec parameter_specs[] = {rms_norm_parameters::eps, rms_norm_parameters::scale_layout};

class ResidualRmsNormOutQuantNvfp4 final : public RmsNormFusion {
 public:
  explicit ResidualRmsNormOutQuantNvfp4(const Parameters& parameters)
      : RmsNormFusion({.norm_out = true,
                       .quantization = Quantization::nvfp4,
                       .eps = parameters.real("eps"),
                       .scale_layout = rms_norm_parameters::layout_of(parameters)}) {}

#ifdef ARBITER_HAS_CUDA
  [[nodiscard]] cuda::DeviceEpilogue device_epilogue(const Problem& problem) const override {
    return device_epilogue_of(cuda::residual_rms_norm_out_quant_nvfp4_epilogue_code(problem.dtype), problem);
  }
#endif
};

}  // namespace

ARBITER_PLUGIN(ResidualRmsNormOutQuantNvfp4,
               {.kind = PluginKind::fusion,
                .name = "RESIDUAL_RMS_NORM_OUT_QUANT_NVFP4",
                .version = "1.0",
                .summary = "Residual addition, RMS norm, and the norm to e2m1 with a scale per 16",
                .parameters = parameter_specs,
                .parameter_count = std::size(parameter_specs)})

}  // namespace arbiter
