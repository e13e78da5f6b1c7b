// SPDX-License-Identifier: Apache-2.0
#include "rms_norm/rms_norm_fusion.hpp"

#include <algorithm>
#include <string>
#include <utility>

#include "rms_norm/rms_norm_epilogue.hpp"
#include "rms_norm/rms_norm_reference.hpp"

namespace arbiter {

std::vector<TensorSpec> RmsNormFusion::do_tensors(const Problem& problem) const { return form_.tensors(problem); }

std::unique_ptr<HostEpilogue> RmsNormFusion::do_host_epilogue(const Problem& problem) const {
  return std::make_unique<RmsNormEpilogue>(problem, form_, isa());
}

cuda::DeviceEpilogue RmsNormFusion::device_epilogue(const Problem& problem) const {
  if (device_code_ == nullptr) return {};
  cuda::DeviceEpilogue epilogue;
  epilogue.code = device_code_(problem.dtype);
  epilogue.scalars[rms_norm_inverse_count] = static_cast<float>(1.0 / static_cast<double>(problem.hidden_size));
  epilogue.scalars[rms_norm_eps] = static_cast<float>(form_.eps);
  epilogue.scalars[rms_norm_swizzled] = form_.scale_layout == ScaleLayout::swizzled ? 1.0F : 0.0F;
  epilogue.scalars[rms_norm_weight_bias] = static_cast<float>(form_.weight_bias);
  epilogue.scalars[rms_norm_group_layout] = static_cast<float>(form_.group_scale_layout);
  return epilogue;
}

void RmsNormFusion::do_reference_row(const Problem& problem, const Bindings& host, std::int64_t row,
                                     std::span<const double> sum, std::span<const double> tolerance,
                                     std::vector<ReferenceRow>& outputs) const {
  rms_norm_reference_row(form_, problem, host, row, sum, tolerance, outputs);
}

double RmsNormFusion::do_check_row(const Problem& problem, const Bindings& host, std::int64_t row,
                                   std::span<const double> sum, std::span<const double> tolerance) const {
  if (!form_.has_scale_out()) return Fusion::do_check_row(problem, host, row, sum, tolerance);
  std::vector<ReferenceRow> expected;
  reference_row(problem, host, row, sum, tolerance, expected);
  const std::size_t unpacked_outputs = form_.norm_out ? 2 : 1;
  const auto check = form_.quantization == Quantization::nvfp4 ? check_nvfp4_row : check_scaled_fp8_row;
  double worst = check(form_, problem, host, row, expected[unpacked_outputs], expected[unpacked_outputs + 1]);
  for (std::size_t i = 0; i < unpacked_outputs; ++i) {
    worst = std::max(worst, check_values(problem.dtype, host.tensors[form_.residual_out() + i],
                                         row * problem.hidden_size, expected[i].value, expected[i].tolerance));
  }
  return worst;
}

namespace {

GroupScaleLayout layout_of(const std::string& text) {
  if (text == "row_major") return GroupScaleLayout::row_major;
  if (text == "column_major") return GroupScaleLayout::column_major;
  return text == "tma_aligned" ? GroupScaleLayout::tma_aligned : GroupScaleLayout::packed;
}

}  // namespace

RmsNormForm form_of(const RmsNormTensors& tensors, const Parameters& parameters) {
  RmsNormForm form{tensors, parameters.real("eps")};
  form.weight_bias = parameters.real("weight_bias");
  if (form.quantization == Quantization::nvfp4 && parameters.text("scale_layout") == "linear") {
    form.scale_layout = ScaleLayout::linear;
  }
  if (form.quantization == Quantization::group_fp8)
    form.group_scale_layout = layout_of(parameters.text("scale_layout"));
  return form;
}

}  // namespace arbiter
