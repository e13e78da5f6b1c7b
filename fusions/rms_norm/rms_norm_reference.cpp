#include "rms_norm/rms_norm_reference.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "arbiter/fusion.hpp"
#include "arbiter/host/number_formats.hpp"

namespace arbiter {

namespace {

constexpr double fp32_roundoff = 0x1p-24;
constexpr double fp32_smallest = 0x1p-149;
constexpr double fp32_largest = std::numeric_limits<float>::max();

/// How far from `value` the fp32 result of an addition may be that would give `value` but for `tolerance` in an
/// operand.
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

/// The row's scalar and how far a correct one may be from it.
struct Scalar {
  double value;
  double tolerance;
};

/// `squares` is the sum of squares, `reach` how far it may be off by the elements' tolerance.
Scalar scalar_of(double squares, double reach, double count, double eps) {
  // An fp32 sum's roundings grow like a random walk over its terms; a straight sum is the worst that is accepted.
  reach += squares * fp32_roundoff * (8.0 + 0.5 * std::sqrt(count));
  // An fp32 sum of squares overflows where the double one does not.
  if (!(squares <= fp32_largest)) return {1.0 / std::sqrt(squares > 0.0 ? HUGE_VAL : squares), 0.0};
  const double value = 1.0 / std::sqrt(squares / count + eps);
  const double highest = 1.0 / std::sqrt(std::max(squares - reach, 0.0) / count + eps);
  const double tolerance = highest - value + 4.0 * fp32_roundoff * value;
  return {value, squares + reach > fp32_largest ? std::max(tolerance, value) : tolerance};
}

/// What residual_out's elements are rounded to, and how far those may be off.
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

/// The rounded residual_out becomes the norm.
void normalize(const Problem& problem, const void* gamma, double eps, ReferenceRow& row) {
  constexpr std::size_t chunk = 256;
  const std::size_t count = row.value.size();
  double squares = 0.0;
  double reach = 0.0;
  for (std::size_t i = 0; i < count; ++i) {
    squares += row.value[i] * row.value[i];
    reach += row.tolerance[i] * (2.0 * std::fabs(row.value[i]) + row.tolerance[i]);
  }
  const Scalar scalar = scalar_of(squares, reach, static_cast<double>(count), eps);
  double weight[chunk];
  for (std::size_t i = 0; i < count; ++i) {
    if (i % chunk == 0) {
      load_values(problem.dtype, gamma, static_cast<std::int64_t>(i), {weight, std::min(chunk, count - i)});
    }
    const double factor = weight[i % chunk];
    const double value = row.value[i] * scalar.value * factor;
    const double moved = std::fabs(row.value[i]) * scalar.tolerance +
                         row.tolerance[i] * (scalar.value + scalar.tolerance) + fp32_smallest;
    row.value[i] = value;
    row.tolerance[i] = std::isfinite(value) ? moved * std::fabs(factor) + std::fabs(value) * 2.0 * fp32_roundoff : 0.0;
  }
}

/// The norm's tolerance as a quantiser sees it, which may get it rounded to the message dtype.
void widen_by_rounding(const ValueGrid& grid, ReferenceRow& norm) {
  for (std::size_t i = 0; i < norm.value.size(); ++i) {
    if (std::isfinite(norm.value[i]))
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

void block_scales(const ReferenceRow& norm, double global_scale, ReferenceRow& scales) {
  const std::size_t count = norm.value.size();
  const std::size_t blocks = (count + nvfp4_block - 1) / nvfp4_block;
  scales.value.assign(blocks, 0.0);
  scales.tolerance.assign(blocks, 0.0);
  for (std::size_t i = 0; i < count; ++i) {
    double& largest = scales.value[i / nvfp4_block];
    const double magnitude = std::fabs(norm.value[i]);
    if (!(magnitude <= largest) && !std::isnan(largest)) largest = magnitude;
    scales.tolerance[i / nvfp4_block] = std::max(scales.tolerance[i / nvfp4_block], norm.tolerance[i]);
  }
  divide_by(6.0 / global_scale, scales);
}

}  // namespace

void rms_norm_reference_row(const RmsNormForm& form, const Problem& problem, const Bindings& host, std::int64_t row,
                            std::span<const double> sum, std::span<const double> tolerance,
                            std::vector<ReferenceRow>& outputs) {
  const ValueGrid grid = grid_of(problem.dtype);
  const std::size_t norm_outputs = form.norm_out ? 1 : 0;
  const std::size_t quant_outputs = form.quantization == Quantization::nvfp4 ? 2 : form.quantizes() ? 1 : 0;
  outputs.resize(1 + norm_outputs + quant_outputs);

  ReferenceRow& residual_out = outputs[0];
  resize(residual_out, sum.size());
  load_values(problem.dtype, host.tensors[RmsNormForm::residual], row * problem.hidden_size, residual_out.value);
  for (std::size_t i = 0; i < sum.size(); ++i) {
    residual_out.value[i] += sum[i];
    residual_out.tolerance[i] = fp32_reach(residual_out.value[i], tolerance[i]);
  }
  ReferenceRow& norm = outputs[1];  // what is written, or what is quantised
  round_row(grid, residual_out, norm);
  normalize(problem, host.tensors[RmsNormForm::gamma], form.eps, norm);
  if (!form.quantizes()) return;

  ReferenceRow& quant = outputs[1 + norm_outputs];
  if (form.norm_out) quant = norm;
  widen_by_rounding(grid, quant);
  const auto scale = static_cast<double>(scalar_input(host, RmsNormForm::quant_scale));
  if (form.quantization == Quantization::fp8) {
    divide_by(scale, quant);
  } else {
    block_scales(quant, scale, outputs.back());
  }
}

}  // namespace arbiter
