// RESIDUAL_RMS_NORM_OUT_QUANT_FP8: RESIDUAL_RMS_NORM_QUANT_FP8 that also writes norm_out, for layers that read both.
#include <iterator>

#include "rms_norm/parameters.hpp"
#include "rms_norm/rms_norm_fusion.hpp"
#ifdef ARBITER_HAS_CUDA
#include "device_code/residual_rms_norm_out_quant_fp8_epilogue.hpp"
#endif

namespace arbiter {

namespace {

constexpr ParameterSpec parameter_specs[] = {rms_norm_parameters::eps};

class ResidualRmsNormOutQuantFp8 final : public RmsNormFusion {
 public:
  explicit ResidualRmsNormOutQuantFp8(const Parameters& parameters)
      : RmsNormFusion({.norm_out = true, .quantization = Quantization::fp8, .eps = parameters.real("eps")}) {}

#ifdef ARBITER_HAS_CUDA
  [[nodiscard]] cuda::DeviceEpilogue device_epilogue(const Problem& problem) const override {
    return device_epilogue_of(cuda::residual_rms_norm_out_quant_fp8_epilogue_code(problem.dtype), problem);
  }
#endif
};

}  // namespace

ARBITER_PLUGIN(ResidualRmsNormOutQuantFp8, {.kind = PluginKind::fusion,
                                            .name = "RESIDUAL_RMS_NORM_OUT_QUANT_FP8",
                                            .version = "1.0",
                                            .summary = "Residual addition, RMS norm, and the norm to e4m3",
                                            .parameters = parameter_specs,
                                            .parameter_count = std::size(parameter_specs)})

}  // namespace arbiter
