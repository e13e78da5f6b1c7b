#pragma once

#include "arbiter/fusion.hpp"
#include "rms_norm_rows/rms_norm_form.hpp"

namespace arbiter {

/// The fusion of one form. Tensors, in order: residual, gamma, then scale (fp8) or global_scale (nvfp4); then
/// residual_out, norm_out if the form has it, quant_out, and scale_out (nvfp4).
class RmsNormFusion : public Fusion {
 public:
  explicit RmsNormFusion(const RmsNormForm& form) : form_(form) {}

  [[nodiscard]] std::vector<TensorSpec> tensors(const Problem& problem) const override;
  [[nodiscard]] std::unique_ptr<HostEpilogue> host_epilogue(const Problem& problem) const override;
  void reference_row(const Problem& problem, const Bindings& host, std::int64_t row, std::span<const double> sum,
                     std::span<const double> slack, std::vector<ReferenceRow>& outputs) const override;
  [[nodiscard]] double check_row(const Problem& problem, const Bindings& host, std::int64_t row,
                                 std::span<const double> sum, std::span<const double> slack) const override;

 protected:
  /// device_epilogue() with the code of the form: rms_norm_epilogue.cu, see arbiter_add_rms_norm_epilogue().
  [[nodiscard]] cuda::DeviceEpilogue device_epilogue_of(cuda::DeviceCode code, const Problem& problem) const;

 private:
  RmsNormForm form_;
};

}  // namespace arbiter
