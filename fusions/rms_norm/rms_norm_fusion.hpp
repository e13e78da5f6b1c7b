// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <span>
#include <vector>

#include "arbiter/fusion.hpp"
#include "rms_norm/rms_norm_form.hpp"

namespace arbiter {

/// The embedded code of rms_norm_epilogue.cu for one form, by message dtype.
struct RmsNormDeviceCodes {
  using CodeOf = cuda::DeviceCode(DType dtype);
  CodeOf* without_weight_bias = nullptr;
  CodeOf* with_weight_bias = nullptr;
};

/// The fusion of one form.
class RmsNormFusion : public Fusion {
 public:
  using DeviceCodes = RmsNormDeviceCodes;

  /// Without device code there is no device epilogue.
  explicit RmsNormFusion(const RmsNormForm& form, DeviceCodes codes = {})
      : form_(form), device_code_(form.weight_bias == 0.0 ? codes.without_weight_bias : codes.with_weight_bias) {}

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
  DeviceCodes::CodeOf* device_code_;
};

/// The parameters of the fusions.
inline constexpr ParameterSpec eps_parameter{"eps", ParameterType::real, "1e-5", "1e-30..1",
                                             "added to the mean square before the root"};
inline constexpr ParameterSpec weight_bias_parameter{
    "weight_bias", ParameterType::real, "0", "-100..100",
    "added to gamma before it is multiplied: 1 for Gemma and Qwen3.5, as FlashInfer's weight_bias"};
inline constexpr ParameterSpec rms_norm_parameters[] = {eps_parameter, weight_bias_parameter};
inline constexpr ParameterSpec nvfp4_parameters[] = {
    eps_parameter,
    weight_bias_parameter,
    {"scale_layout", ParameterType::text, "swizzled", "linear|swizzled",
     "order of block scales: row major, or cuBLAS's 128x4 tiles"}};
inline constexpr ParameterSpec group_fp8_parameters[] = {
    eps_parameter,
    weight_bias_parameter,
    {"scale_layout", ParameterType::text, "packed", "row_major|column_major|tma_aligned|packed",
     "group scales: fp32 tokens x groups; groups x tokens; that with columns of a multiple of 4 tokens; or UE8M0, four "
     "groups in a word"}};

[[nodiscard]] RmsNormForm form_of(const RmsNormTensors& tensors, const Parameters& parameters);

}  // namespace arbiter
