// SPDX-License-Identifier: Apache-2.0
#include "rms_norm/rms_norm_epilogue.hpp"

#include <cmath>
#include <limits>

namespace arbiter {

namespace {

/// Zeros the scales of a row that belong to no elements.
template <class Scales>
void clear_padding(const Scales& scales, std::uint8_t* row) {
  for (std::uint32_t block = scales.blocks; block < scales.columns(); ++block) row[scales.column_offset(block)] = 0;
}

}  // namespace

RmsNormEpilogue::RmsNormEpilogue(const Problem& problem, const RmsNormForm& form, Isa isa)
    : form_(form),
      hidden_size_(problem.hidden_size),
      row_bytes_(problem.hidden_size * size_of(problem.dtype)),
      packed_row_bytes_(RmsNormForm::packed_row_bytes(problem)),
      scales_(form.scales(problem)),
      group_scales_(form.group_scales(problem)),
      kernels_(rms_norm_kernels(problem.dtype, isa)),
      finish_(kernels_.finish(form.norm_out, form.quantization)) {}

void* RmsNormEpilogue::row_of(const Bindings& bindings, std::size_t tensor, std::int64_t row) const {
  return static_cast<std::byte*>(bindings.tensors[tensor]) + row * row_bytes_;
}

float RmsNormEpilogue::begin_row(const Bindings& bindings, std::int64_t row, const float* sum,
                                 void* epilogue_state) const {
  const float squares = kernels_.begin(sum, row_of(bindings, RmsNormForm::residual, row), epilogue_state, hidden_size_);
  // The payload of a NaN depends on the compiler's order of operands; this makes it one.
  if (std::isnan(squares)) return std::numeric_limits<float>::quiet_NaN();
  const double mean = static_cast<double>(squares) / static_cast<double>(hidden_size_);
  return static_cast<float>(1.0 / std::sqrt(mean + form_.eps));
}

void RmsNormEpilogue::finish_row(const Bindings& bindings, std::int64_t row, const void* epilogue_state,
                                 float scalar) const {
  FinishRow finish;
  finish.epilogue_state = epilogue_state;
  finish.residual_out = row_of(bindings, form_.residual_out(), row);
  if (finish.residual_out == epilogue_state) finish.residual_out = nullptr;
  finish.gamma = bindings.tensors[RmsNormForm::gamma];
  if (form_.norm_out) finish.norm_out = row_of(bindings, form_.norm_output(), row);
  finish.scalar = scalar;
  if (form_.weight_bias != 0.0) finish.weight_bias = static_cast<float>(form_.weight_bias);
  if (form_.quantization == Quantization::fp8) {
    finish.quant_scale = 1.0F / scalar_input(bindings, RmsNormForm::quant_scale);
    finish.quant_out = static_cast<std::uint8_t*>(bindings.tensors[form_.quant_out()]) + row * hidden_size_;
  } else if (form_.quantization == Quantization::nvfp4) {
    finish.quant_scale = scalar_input(bindings, RmsNormForm::quant_scale);
    finish.quant_out = static_cast<std::uint8_t*>(bindings.tensors[form_.quant_out()]) + row * packed_row_bytes_;
    finish.scale_out = static_cast<std::uint8_t*>(bindings.tensors[form_.scale_out()]) +
                       scales_.row_offset(static_cast<std::uint32_t>(row));
    finish.scale_group_stride = scales_.column_group_stride();
    clear_padding(scales_, finish.scale_out);
  } else if (form_.has_scale_out()) {
    auto* const scales = static_cast<std::uint8_t*>(bindings.tensors[form_.scale_out()]);
    finish.quant_out = static_cast<std::uint8_t*>(bindings.tensors[form_.quant_out()]) + row * hidden_size_;
    if (form_.quantization == Quantization::dynamic_fp8) {
      finish.scale_out = scales + row * size_of(DType::float32);
    } else {
      finish.scale_out = scales + group_scales_.row_offset(static_cast<std::uint32_t>(row));
      finish.scale_group_stride = group_scales_.column_stride();
      finish.packed_scales = group_scales_.packed();
      clear_padding(group_scales_, finish.scale_out);
    }
  }
  finish_(finish, hidden_size_);
}

}  // namespace arbiter
