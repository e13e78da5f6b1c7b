// SPDX-License-Identifier: Apache-2.0
#include "rms_norm/rms_norm_reference.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <limits>

#include "arbiter/export.hpp"
#include "arbiter/host/number_formats.hpp"

namespace arbiter {

namespace {

constexpr double fp32_roundoff = 0x1p-24;
constexpr double largest_e4m3 = 448.0;
constexpr double fp32_smallest = 0x1p-149;
constexpr double fp32_largest = std::numeric_limits<float>::max();

// The loops over a row have no branches and no sums in order, so that they are vectorised.

/// Adds `sum` to `value`; `tolerance` becomes that of an fp32 addition whose operand `sum` may be off by `off`.
ARBITER_TARGET_CLONES void add_in_fp32(const double* sum, const double* off, std::size_t count, double* value,
                                       double* tolerance) {
  for (std::size_t i = 0; i < count; ++i) {
    const double exact = value[i] + sum[i];
    const auto low = static_cast<double>(static_cast<float>(exact - off[i]));
    const auto high = static_cast<double>(static_cast<float>(exact + off[i]));
    const double reach = std::max(std::max(off[i], exact - low), high - exact);
    value[i] = exact;
    tolerance[i] = std::isfinite(exact) ? reach : 0.0;
  }
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
ARBITER_TARGET_CLONES void round_row(ValueGrid grid, const double* value, const double* tolerance, std::size_t count,
                                     double* rounded, double* rounded_tolerance) {
  for (std::size_t i = 0; i < count; ++i) {
    const double low = round_to(grid, value[i] - tolerance[i]);
    const double high = round_to(grid, value[i] + tolerance[i]);
    const double nearest = round_to(grid, value[i]);
    const double reach = std::max(high - nearest, nearest - low);
    rounded[i] = nearest;
    rounded_tolerance[i] = low < high ? reach : 0.0;
  }
}

/// The sum of squares, and its tolerance by those of the elements.
ARBITER_TARGET_CLONES Scalar sum_of_squares(const double* value, const double* tolerance, std::size_t count) {
  constexpr std::size_t lanes = 8;
  double squares[lanes] = {};
  double reach[lanes] = {};
  for (std::size_t i = 0; i < count; i += lanes) {
    const std::size_t part = count - i < lanes ? count - i : lanes;
    for (std::size_t k = 0; k < part; ++k) {
      squares[k] += value[i + k] * value[i + k];
      reach[k] += tolerance[i + k] * (2.0 * std::fabs(value[i + k]) + tolerance[i + k]);
    }
  }
  Scalar sum{0.0, 0.0};
  for (std::size_t k = 0; k < lanes; ++k) {
    sum.value += squares[k];
    sum.tolerance += reach[k];
  }
  return sum;
}

/// Multiplies by the scalar and then by weight + bias. `roundings` are those of the products and of that sum.
ARBITER_TARGET_CLONES void scale_row(Scalar scalar, const double* weight, double bias, double roundings,
                                     std::size_t count, double* value, double* tolerance) {
  for (std::size_t i = 0; i < count; ++i) {
    const double factor = weight[i] + bias;
    const double scaled = value[i] * scalar.value * factor;
    const double moved =
        std::fabs(value[i]) * scalar.tolerance + tolerance[i] * (scalar.value + scalar.tolerance) + fp32_smallest;
    const double reach = moved * std::fabs(factor) + std::fabs(scaled) * roundings * fp32_roundoff;
    value[i] = scaled;
    tolerance[i] = std::isfinite(scaled) ? reach : 0.0;
  }
}

/// Turns the rounded residual_out into the norm.
void normalize(const Problem& problem, const void* gamma, const RmsNormForm& form, ReferenceRow& row) {
  constexpr std::size_t chunk = 256;
  const std::size_t count = row.value.size();
  const auto [squares, reach] = sum_of_squares(row.value.data(), row.tolerance.data(), count);
  const Scalar scalar = scalar_of(squares, reach, static_cast<double>(count), form.eps);
  double weight[chunk];
  for (std::size_t i = 0; i < count; i += chunk) {
    const std::size_t part = std::min(chunk, count - i);
    load_values(problem.dtype, gamma, static_cast<std::int64_t>(i), {weight, part});
    scale_row(scalar, weight, form.weight_bias, form.weight_bias == 0.0 ? 2.0 : 3.0, part, row.value.data() + i,
              row.tolerance.data() + i);
  }
}

/// Adds one rounding to the message dtype to the tolerance: a quantiser may get the rounded norm.
ARBITER_TARGET_CLONES void widen_by_rounding(ValueGrid grid, const double* norm, std::size_t count, double* tolerance) {
  for (std::size_t i = 0; i < count; ++i) {
    const double wider = tolerance[i] + 0.5 * spacing_at(grid, std::fabs(norm[i]) + tolerance[i]);
    tolerance[i] = std::isfinite(norm[i]) ? wider : tolerance[i];
  }
}

/// `error` is the relative one of the division.
ARBITER_TARGET_CLONES void divide_by(double scale, double error, std::size_t count, double* value, double* tolerance) {
  for (std::size_t i = 0; i < count; ++i) {
    const double quotient = value[i] / scale;
    const double reach = tolerance[i] / std::fabs(scale) + std::fabs(quotient) * error;
    value[i] = quotient;
    tolerance[i] = std::isfinite(quotient) ? reach : 0.0;
  }
}

void divide_by(double scale, ReferenceRow& row) {
  divide_by(scale, 3.0 * fp32_roundoff, row.value.size(), row.value.data(), row.tolerance.data());
}

/// Of `count` elements the largest magnitude, NaN if one is NaN, and the largest tolerance.
Scalar largest_of(const double* value, const double* tolerance, std::size_t count) {
  Scalar largest{0.0, 0.0};
  for (std::size_t i = 0; i < count; ++i) {
    const double magnitude = std::fabs(value[i]);
    if (!(magnitude <= largest.value) && !std::isnan(largest.value)) largest.value = magnitude;
    largest.tolerance = std::max(largest.tolerance, tolerance[i]);
  }
  return largest;
}

/// The largest magnitude of each `block` elements over `divisor`.
void block_scales(const ReferenceRow& norm, std::size_t block, double divisor, ReferenceRow& scales) {
  const std::size_t count = norm.value.size();
  resize(scales, (count + block - 1) / block);
  for (std::size_t i = 0; i < count; i += block) {
    const Scalar largest = largest_of(norm.value.data() + i, norm.tolerance.data() + i, std::min(block, count - i));
    scales.value[i / block] = largest.value;
    scales.tolerance[i / block] = largest.tolerance;
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
  constexpr auto e2m1_values = values_of_codes<16>(e2m1_to_float);
  std::array<double, nvfp4_block> actual{};
  std::array<double, nvfp4_block> expected{};
  std::array<double, nvfp4_block> tolerance{};
  const std::size_t count = std::min(actual.size(), norm.value.size() - first);
  for (std::size_t i = 0; i < count; ++i)
    actual[i] = e2m1_values[packed[(first + i) / 2] >> ((first + i) % 2 * 4) & 0xF];
  if (scale == 0.0) return std::ranges::all_of(actual, [](double value) { return value == 0.0; }) ? 0.0 : wrong;
  const double factor = global_scale / scale;
  for (std::size_t i = 0; i < count; ++i) {
    const double value = norm.value[first + i] * factor;
    const double reach = norm.tolerance[first + i] * factor + std::fabs(value) * dequantisation_error;
    // e2m1 has no NaN: the scale holds it, and was compared.
    const bool is_nan = std::isnan(norm.value[first + i]) || std::isnan(scale);
    expected[i] = is_nan ? actual[i] : value;
    tolerance[i] = std::isfinite(value) ? reach : 0.0;
  }
  return check_values(grid_of(DType::float4_e2m1x2), std::span(actual).first(count), std::span(expected).first(count),
                      std::span(tolerance).first(count));
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
  add_in_fp32(sum.data(), tolerance.data(), sum.size(), residual_out.value.data(), residual_out.tolerance.data());
  ReferenceRow& norm = outputs[1];  // written, or only quantised
  resize(norm, sum.size());
  round_row(grid, residual_out.value.data(), residual_out.tolerance.data(), sum.size(), norm.value.data(),
            norm.tolerance.data());
  normalize(problem, host.tensors[RmsNormForm::gamma], form, norm);
  if (!form.quantizes()) return;

  ReferenceRow& quant = outputs[1 + norm_outputs];
  if (form.norm_out) quant = norm;
  widen_by_rounding(grid, quant.value.data(), quant.value.size(), quant.tolerance.data());
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
  ReferenceRow expected = norm;
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
    const std::size_t first = group * together;
    const std::size_t count = std::min(together, value.size() - first);
    divide_by(scale, dequantisation_error, count, expected.value.data() + first, expected.tolerance.data() + first);
    worst = std::max(worst, check_values(grid, {value.data() + first, count}, {expected.value.data() + first, count},
                                         {expected.tolerance.data() + first, count}));
  }
  if (per_token) return worst;
  for (std::uint32_t group = layout.blocks; group < layout.columns(); ++group) {
    if (written[layout.offset(token, group)] != 0) return wrong;
  }
  return worst;
}

}  // namespace arbiter
