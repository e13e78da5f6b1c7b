#pragma once

#include "arbiter/fusion.hpp"
#include "rms_norm/rms_norm_form.hpp"

namespace arbiter {

/// The fusion of one form. Tensors, in order: residual, gamma, then scale (fp8) or global_scale (nvfp4); then
/// residual_out, norm_out if the form has it, quant_out, and scale_out (nvfp4).
class RmsNormFusion : public Fusion {
 public:
  explicit RmsNormFusion(const RmsNormForm& form) : form_(form) {}

  [[nodiscard]] std::vector<TensorSpec> do_tensors(const Problem& problem) const override;
  [[nodiscard]] std::unique_ptr<HostEpilogue> do_host_epilogue(const Problem& problem) const override;
  void do_reference_row(const Problem& problem, const Bindings& host, std::int64_t row, std::span<const double> sum,
                        std::span<const double> tolerance, std::vector<ReferenceRow>& outputs) const override;
  [[nodiscard]] double do_check_row(const Problem& problem, const Bindings& host, std::int64_t row,
                                    std::span<const double> sum, std::span<const double> tolerance) const override;

 protected:
  /// device_epilogue() with the code of the form: rms_norm_epilogue.cu, see arbiter_add_rms_norm_epilogue().
  [[nodiscard]] cuda::DeviceEpilogue device_epilogue_of(cuda::DeviceCode code, const Problem& problem) const;

 private:
  RmsNormForm form_;
};

}  // namespace arbiter
