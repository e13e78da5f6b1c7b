// RESIDUAL_RMS_NORM: residual addition and RMS normalisation, the epilogue between two layers' halves.
// residual_out = round(sum + residual); norm_out = round(residual_out * rsqrt(mean(residual_out^2) + eps) * gamma),
// both num_tokens x hidden_size of the message dtype. The norm is taken of the rounded residual_out, as engines do, so
// that it can be computed again from what was stored.
#include <iterator>

#include "rms_norm/parameters.hpp"
#include "rms_norm/rms_norm_fusion.hpp"
#ifdef ARBITER_HAS_CUDA
#include "device_code/residual_rms_norm_epilogue.hpp"
#endif

namespace arbiter {

namespace {

constexpr ParameterSpec parameter_specs[] = {rms_norm_parameters::eps};

class ResidualRmsNorm final : public RmsNormFusion {
 public:
  explicit ResidualRmsNorm(const Parameters& parameters)
      : RmsNormFusion({.norm_out = true, .quantization = Quantization::none, .eps = parameters.real("eps")}) {}

#ifdef ARBITER_HAS_CUDA
  [[nodiscard]] cuda::DeviceEpilogue device_epilogue(const Problem& problem) const override {
    return device_epilogue_of(cuda::residual_rms_norm_epilogue_code(problem.dtype), problem);
  }
#endif
};

}  // namespace

ARBITER_PLUGIN(ResidualRmsNorm, {.kind = PluginKind::fusion,
                                 .name = "RESIDUAL_RMS_NORM",
                                 .version = "1.0",
                                 .summary = "Residual addition, RMS norm",
                                 .parameters = parameter_specs,
                                 .parameter_count = std::size(parameter_specs)})

}  // namespace arbiter
