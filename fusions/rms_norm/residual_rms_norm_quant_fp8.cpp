// RESIDUAL_RMS_NORM_QUANT_FP8: RESIDUAL_RMS_NORM whose norm goes to an FP8 layer.
// residual_out as there; quant_out = e4m3(norm / scale), to nearest even and saturating at 448, with one fp32 scale for
// the tensor. The norm itself is not written, and is not rounded before it is quantised.
#include <iterator>

#include "rms_norm/parameters.hpp"
#include "rms_norm/rms_norm_fusion.hpp"
#ifdef ARBITER_HAS_CUDA
#include "device_code/residual_rms_norm_quant_fp8_epilogue.hpp"
#endif

namespace arbiter {

namespace {

constexpr ParameterSpec parameter_specs[] = {rms_norm_parameters::eps};

class ResidualRmsNormQuantFp8 final : public RmsNormFusion {
 public:
  explicit ResidualRmsNormQuantFp8(const Parameters& parameters)
      : RmsNormFusion({.norm_out = false, .quantization = Quantization::fp8, .eps = parameters.real("eps")}) {}

#ifdef ARBITER_HAS_CUDA
  [[nodiscard]] cuda::DeviceEpilogue device_epilogue(const Problem& problem) const override {
    return device_epilogue_of(cuda::residual_rms_norm_quant_fp8_epilogue_code(problem.dtype), problem);
  }
#endif
};

}  // namespace

ARBITER_PLUGIN(ResidualRmsNormQuantFp8, {.kind = PluginKind::fusion,
                                         .name = "RESIDUAL_RMS_NORM_QUANT_FP8",
                                         .version = "1.0",
                                         .summary = "Residual addition, RMS norm to e4m3",
                                         .parameters = parameter_specs,
                                         .parameter_count = std::size(parameter_specs)})

}  // namespace arbiter
