// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <span>
#include <vector>

#include "arbiter/fusion.hpp"
#include "rms_norm/rms_norm_form.hpp"

namespace arbiter {

/// The fusion of one form.
class RmsNormFusion : public Fusion {
 public:
  /// The embedded code of rms_norm_epilogue.cu for the form and one message dtype.
  using DeviceCodeOf = cuda::DeviceCode(DType dtype);

  /// Without device code (null) there is no device epilogue.
  explicit RmsNormFusion(const RmsNormForm& form, DeviceCodeOf* device_code = nullptr)
      : form_(form), device_code_(device_code) {}

  [[nodiscard]] cuda::DeviceEpilogue device_epilogue(const Problem& problem) const override;

 protected:
  [[nodiscard]] std::vector<TensorSpec> do_tensors(const Problem& problem) const override;
  [[nodiscard]] std::unique_ptr<HostEpilogue> do_host_epilogue(const Problem& problem) const override;
  void do_reference_row(const Problem& problem, const Bindings& host, std::int64_t row, std::span<const double> sum,
                        std::span<const double> tolerance, std::vector<ReferenceRow>& outputs) const override;
  [[nodiscard]] double do_check_row(const Problem& problem, const Bindings& host, std::int64_t row,
                                    std::span<const double> sum, std::span<const double> tolerance) const override;

 private:
  RmsNormForm form_;
  DeviceCodeOf* device_code_;
};

/// The parameters of the fusions.
inline constexpr ParameterSpec eps_parameter{"eps", ParameterType::real, "1e-5", "1e-30..1",
                                             "added to the mean square before the root"};
inline constexpr ParameterSpec rms_norm_parameters[] = {eps_parameter};
inline constexpr ParameterSpec nvfp4_parameters[] = {
    eps_parameter,
    {"scale_layout", ParameterType::text, "swizzled", "linear|swizzled",
     "order of block scales: row major, or cuBLAS's 128x4 tiles"}};
inline constexpr ParameterSpec group_fp8_parameters[] = {
    eps_parameter,
    {"scale_layout", ParameterType::text, "packed", "row_major|column_major|tma_aligned|packed",
     "group scales: fp32 tokens x groups; groups x tokens; that with columns of a multiple of 4 tokens; or UE8M0, four "
     "groups in a word"}};

[[nodiscard]] RmsNormForm form_of(const RmsNormTensors& tensors, const Parameters& parameters);

}  // namespace arbiter
