// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "arbiter/fusion.hpp"
#include "arbiter/host/row_kernels.hpp"
#include "rms_norm/rms_norm_form.hpp"
#include "rms_norm/rms_norm_kernels.hpp"

namespace arbiter {

/// begin_row: epilogue_state = residual_out = round(sum + residual); the scalar is 1 / rms of the rounded row.
/// finish_row: norm = residual_out * scalar * gamma in fp32, rounded to norm_out and, from fp32, quantised.
class RmsNormEpilogue final : public HostEpilogue {
 public:
  RmsNormEpilogue(const Problem& problem, const RmsNormForm& form, Isa isa);

  float begin_row(const Bindings& bindings, std::int64_t row, const float* sum, void* epilogue_state) const override;
  void finish_row(const Bindings& bindings, std::int64_t row, const void* epilogue_state, float scalar) const override;

 private:
  [[nodiscard]] void* row_of(const Bindings& bindings, std::size_t tensor, std::int64_t row) const;

  RmsNormForm form_;
  std::int64_t hidden_size_;
  std::int64_t row_bytes_;
  std::int64_t packed_row_bytes_;
  Nvfp4Scales scales_;
  GroupScales group_scales_;
  const RmsNormKernels& kernels_;
  RmsNormKernels::Finish finish_;
};

}  // namespace arbiter
