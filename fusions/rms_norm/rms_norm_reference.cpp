// SPDX-License-Identifier: Apache-2.0
#include "rms_norm/rms_norm_reference.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>

#include "arbiter/host/number_formats.hpp"

namespace arbiter {

namespace {

constexpr double fp32_roundoff = 0x1p-24;
constexpr double largest_e4m3 = 448.0;
constexpr double fp32_smallest = 0x1p-149;
constexpr double fp32_largest = std::numeric_limits<float>::max();

/// The tolerance of an fp32 addition whose exact result is `value` and one of whose operands may be off by `tolerance`.
double fp32_reach(double value, double tolerance) {
  if (!std::isfinite(value)) return 0.0;
  const auto low = static_cast<double>(static_cast<float>(value - tolerance));
  const auto high = static_cast<double>(static_cast<float>(value + tolerance));
  return std::max({tolerance, value - low, high - value});
}

void resize(ReferenceRow& row, std::size_t size) {
  row.value.resize(size);
  row.tolerance.resize(size);
}

/// The scalar of a row and its tolerance.
struct Scalar {
  double value;
  double tolerance;
};

/// `squares` is the sum of squares, `reach` its tolerance by those of the elements.
Scalar scalar_of(double squares, double reach, double count, double eps) {
  // Roundings of an fp32 sum grow like a random walk; the worst accepted order is a sequential sum.
  reach += squares * fp32_roundoff * (8.0 + 0.5 * std::sqrt(count));
  // An fp32 sum of squares overflows where the double one does not.
  if (!(squares <= fp32_largest)) return {1.0 / std::sqrt(squares > 0.0 ? HUGE_VAL : squares), 0.0};
  const double value = 1.0 / std::sqrt(squares / count + eps);
  const double highest = 1.0 / std::sqrt(std::max(squares - reach, 0.0) / count + eps);
  const double tolerance = highest - value + 4.0 * fp32_roundoff * value;
  return {value, squares + reach > fp32_largest ? std::max(tolerance, value) : tolerance};
}

/// Rounds the elements of residual_out; tolerances become those of the rounded values.
void round_row(const ValueGrid& grid, const ReferenceRow& exact, ReferenceRow& rounded) {
  resize(rounded, exact.value.size());
  for (std::size_t i = 0; i < exact.value.size(); ++i) {
    const double low = round_to(grid, exact.value[i] - exact.tolerance[i]);
    const double high = round_to(grid, exact.value[i] + exact.tolerance[i]);
    rounded.value[i] = low;
    rounded.tolerance[i] = 0.0;
    if (low != high && !std::isnan(exact.value[i])) {
      const double nearest = round_to(grid, exact.value[i]);
      rounded.value[i] = nearest;
      rounded.tolerance[i] = std::max(high - nearest, nearest - low);
    }
  }
}

/// Turns the rounded residual_out into the norm.
void normalize(const Problem& problem, const void* gamma, const RmsNormForm& form, ReferenceRow& row) {
  constexpr std::size_t chunk = 256;
  const std::size_t count = row.value.size();
  double squares = 0.0;
  double reach = 0.0;
  for (std::size_t i = 0; i < count; ++i) {
    squares += row.value[i] * row.value[i];
    reach += row.tolerance[i] * (2.0 * std::fabs(row.value[i]) + row.tolerance[i]);
  }
  const Scalar scalar = scalar_of(squares, reach, static_cast<double>(count), form.eps);
  // Of the products, and of the sum with the bias.
  const double roundings = form.weight_bias == 0.0 ? 2.0 : 3.0;
  double weight[chunk];
  for (std::size_t i = 0; i < count; ++i) {
    if (i % chunk == 0) {
      load_values(problem.dtype, gamma, static_cast<std::int64_t>(i), {weight, std::min(chunk, count - i)});
    }
    const double factor = weight[i % chunk] + form.weight_bias;
    const double value = row.value[i] * scalar.value * factor;
    const double moved = std::fabs(row.value[i]) * scalar.tolerance +
                         row.tolerance[i] * (scalar.value + scalar.tolerance) + fp32_smallest;
    row.value[i] = value;
    row.tolerance[i] =
        std::isfinite(value) ? moved * std::fabs(factor) + std::fabs(value) * roundings * fp32_roundoff : 0.0;
  }
}

/// Adds one rounding to the message dtype to the tolerance: a quantiser may get the rounded norm.
void widen_by_rounding(const ValueGrid& grid, ReferenceRow& norm) {
  for (std::size_t i = 0; i < norm.value.size(); ++i) {
    if (!std::isfinite(norm.value[i])) continue;
    norm.tolerance[i] += 0.5 * spacing_at(grid, std::fabs(norm.value[i]) + norm.tolerance[i]);
  }
}

void divide_by(double scale, ReferenceRow& row) {
  for (std::size_t i = 0; i < row.value.size(); ++i) {
    row.value[i] /= scale;
    row.tolerance[i] = std::isfinite(row.value[i])
                           ? row.tolerance[i] / std::fabs(scale) + std::fabs(row.value[i]) * 3.0 * fp32_roundoff
                           : 0.0;
  }
}

/// The largest magnitude of each `block` elements over `divisor`.
void block_scales(const ReferenceRow& norm, std::size_t block, double divisor, ReferenceRow& scales) {
  const std::size_t count = norm.value.size();
  const std::size_t blocks = (count + block - 1) / block;
  scales.value.assign(blocks, 0.0);
  scales.tolerance.assign(blocks, 0.0);
  for (std::size_t i = 0; i < count; ++i) {
    double& largest = scales.value[i / block];
    const double magnitude = std::fabs(norm.value[i]);
    if (!(magnitude <= largest) && !std::isnan(largest)) largest = magnitude;
    scales.tolerance[i / block] = std::max(scales.tolerance[i / block], norm.tolerance[i]);
  }
  divide_by(divisor, scales);
}

/// How many elements have an e4m3 scale of their own.
std::size_t scaled_together(const RmsNormForm& form, const Problem& problem) {
  return static_cast<std::size_t>(form.quantization == Quantization::dynamic_fp8 ? problem.hidden_size : fp8_group);
}

constexpr double wrong = std::numeric_limits<double>::infinity();
/// Relative error of three fp32 roundings: 1 / scale, its product with global_scale, and that with the norm.
constexpr double dequantisation_error = 0x1p-22;

/// The worst error of the values of the block that starts at element `first`.
double check_block(const std::uint8_t* packed, std::size_t first, double scale, double global_scale,
                   const ReferenceRow& norm) {
  const ValueGrid grid = grid_of(DType::float4_e2m1x2);
  const std::size_t end = std::min(first + static_cast<std::size_t>(nvfp4_block), norm.value.size());
  double worst = 0.0;
  for (std::size_t i = first; i < end; ++i) {
    const auto code = static_cast<std::uint8_t>(packed[i / 2] >> (i % 2 * 4));
    const auto actual = static_cast<double>(e2m1_to_float(code));
    if (scale == 0.0) {
      if (actual != 0.0) return wrong;
      continue;
    }
    // e2m1 has no NaN: the scale holds it, and was compared.
    if (std::isnan(norm.value[i]) || std::isnan(scale)) continue;
    const double factor = global_scale / scale;
    const double expected = norm.value[i] * factor;
    const double tolerance =
        std::isfinite(expected) ? norm.tolerance[i] * factor + std::fabs(expected) * dequantisation_error : 0.0;
    worst = std::max(worst, error_share(grid, actual, expected, tolerance));
  }
  return worst;
}

double fp32_at(const std::uint8_t* bytes) {
  float value = 0.0F;
  std::memcpy(&value, bytes, sizeof(value));
  return static_cast<double>(value);
}

/// 0 if `scale` is a power of two to which a number within `tolerance` of `expected` rounds up.
double check_power(double scale, double expected, double tolerance) {
  // What is not finite in fp32 has the code of NaN.
  const auto is_nan = [](double value) { return !(value <= fp32_largest); };
  const auto power = [](double value) { return std::exp2(std::ceil(std::log2(value))); };
  if (std::isnan(scale)) return is_nan(power(expected + tolerance)) ? 0.0 : wrong;
  if (is_nan(expected)) return wrong;
  const double low = power(std::max(expected - tolerance, static_cast<double>(smallest_group_scale)));
  return scale >= low && scale <= power(expected + tolerance) ? 0.0 : wrong;
}

}  // namespace

void rms_norm_reference_row(const RmsNormForm& form, const Problem& problem, const Bindings& host, std::int64_t row,
                            std::span<const double> sum, std::span<const double> tolerance,
                            std::vector<ReferenceRow>& outputs) {
  const ValueGrid grid = grid_of(problem.dtype);
  const std::size_t norm_outputs = form.norm_out ? 1 : 0;
  const std::size_t quant_outputs = form.has_scale_out() ? 2 : form.quantizes() ? 1 : 0;
  outputs.resize(1 + norm_outputs + quant_outputs);

  ReferenceRow& residual_out = outputs[0];
  resize(residual_out, sum.size());
  load_values(problem.dtype, host.tensors[RmsNormForm::residual], row * problem.hidden_size, residual_out.value);
  for (std::size_t i = 0; i < sum.size(); ++i) {
    residual_out.value[i] += sum[i];
    residual_out.tolerance[i] = fp32_reach(residual_out.value[i], tolerance[i]);
  }
  ReferenceRow& norm = outputs[1];  // written, or only quantised
  round_row(grid, residual_out, norm);
  normalize(problem, host.tensors[RmsNormForm::gamma], form, norm);
  if (!form.quantizes()) return;

  ReferenceRow& quant = outputs[1 + norm_outputs];
  if (form.norm_out) quant = norm;
  widen_by_rounding(grid, quant);
  if (form.has_scale_input()) {
    const auto scale = static_cast<double>(scalar_input(host, RmsNormForm::quant_scale));
    if (form.quantization == Quantization::fp8) return divide_by(scale, quant);
    return block_scales(quant, nvfp4_block, 6.0 / scale, outputs.back());
  }
  ReferenceRow& scales = outputs.back();
  block_scales(quant, scaled_together(form, problem), largest_e4m3, scales);
  const auto smallest =
      static_cast<double>(form.quantization == Quantization::dynamic_fp8 ? smallest_token_scale : smallest_group_scale);
  for (double& scale : scales.value) {
    if (scale < smallest) scale = smallest;
  }
}

double check_nvfp4_row(const RmsNormForm& form, const Problem& problem, const Bindings& host, std::int64_t row,
                       const ReferenceRow& norm, const ReferenceRow& scales) {
  const Nvfp4Scales layout = form.scales(problem);
  const ValueGrid scale_grid = grid_of(DType::float8_e4m3);
  const auto global_scale = static_cast<double>(scalar_input(host, RmsNormForm::quant_scale));
  const std::int64_t row_bytes = RmsNormForm::packed_row_bytes(problem);
  const auto* packed = static_cast<const std::uint8_t*>(host.tensors[form.quant_out()]) + row * row_bytes;
  const auto* written = static_cast<const std::uint8_t*>(host.tensors[form.scale_out()]);

  double worst = 0.0;
  const auto token = static_cast<std::uint32_t>(row);
  for (std::uint32_t block = 0; block < layout.blocks; ++block) {
    const auto scale = static_cast<double>(e4m3_to_float(written[layout.offset(token, block)]));
    worst = std::max(worst, error_share(scale_grid, scale, scales.value[block], scales.tolerance[block]));
    worst = std::max(worst, check_block(packed, std::size_t{block} * nvfp4_block, scale, global_scale, norm));
  }
  for (std::uint32_t block = layout.blocks; block < layout.columns(); ++block) {
    if (written[layout.offset(token, block)] != 0) return wrong;
  }
  if (problem.hidden_size % 2 != 0 && packed[row_bytes - 1] >> 4 != 0) return wrong;
  return worst;
}

double check_scaled_fp8_row(const RmsNormForm& form, const Problem& problem, const Bindings& host, std::int64_t row,
                            const ReferenceRow& norm, const ReferenceRow& scales) {
  const ValueGrid grid = grid_of(DType::float8_e4m3);
  const GroupScales layout = form.group_scales(problem);
  const bool per_token = form.quantization == Quantization::dynamic_fp8;
  const bool packed = !per_token && layout.packed();
  const auto* written = static_cast<const std::uint8_t*>(host.tensors[form.scale_out()]);
  const auto token = static_cast<std::uint32_t>(row);
  const std::size_t together = scaled_together(form, problem);
  std::vector<double> value(norm.value.size());
  load_values(DType::float8_e4m3, host.tensors[form.quant_out()], row * problem.hidden_size, value);

  double worst = 0.0;
  for (std::size_t group = 0; group < scales.value.size(); ++group) {
    const std::uint8_t* const at =
        written + (per_token ? row * size_of(DType::float32) : layout.offset(token, static_cast<std::uint32_t>(group)));
    const double scale = packed ? static_cast<double>(e8m0_to_float(*at)) : fp32_at(at);
    worst = std::max(
        worst, packed ? check_power(scale, scales.value[group], scales.tolerance[group])
                      : error_share(grid_of(DType::float32), scale, scales.value[group], scales.tolerance[group]));
    if (packed && std::isnan(scale)) continue;
    const std::size_t end = std::min((group + 1) * together, value.size());
    for (std::size_t i = group * together; i < end; ++i) {
      const double expected = norm.value[i] / scale;
      const double tolerance =
          std::isfinite(expected) ? norm.tolerance[i] / scale + std::fabs(expected) * dequantisation_error : 0.0;
      worst = std::max(worst, error_share(grid, value[i], expected, tolerance));
    }
  }
  if (per_token) return worst;
  for (std::uint32_t group = layout.blocks; group < layout.columns(); ++group) {
    if (written[layout.offset(token, group)] != 0) return wrong;
  }
  return worst;
}

}  // namespace arbiter
