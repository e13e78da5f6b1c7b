#pragma once

/// The scalar of a row on devices, where double precision is slow or far away: the same value in pairs of floats.

#include "rms_norm_rows/device_arithmetic.hpp"

namespace arbiter::device {

/// 1 / hidden_size and eps, each as a float and what is left of it.
struct InverseRms {
  float inverse_count;
  float inverse_count_low;
  float eps;
  float eps_low;

  static constexpr InverseRms of(double eps, std::int64_t count) {
    const double inverse = 1.0 / static_cast<double>(count);
    const auto inverse_float = static_cast<float>(inverse);
    const auto eps_float = static_cast<float>(eps);
    return {inverse_float, static_cast<float>(inverse - static_cast<double>(inverse_float)), eps_float,
            static_cast<float>(eps - static_cast<double>(eps_float))};
  }
};

/// 1 / sqrt(x + x_low) from a `root` that is off by a few units of the last place: one Newton step whose residual is
/// exact but for the products with x_low.
ARBITER_HOST_DEVICE float refined_inverse_root(float x, float x_low, float root) {
  const float once = product(x, root);
  const float once_low = fused(x, root, -once);
  float residual = fused(-once, root, 1.0F);
  residual = fused(-once_low, root, residual);
  residual = fused(-product(x_low, root), root, residual);
  return fused(product(0.5F, root), residual, root);
}

/// 1 / sqrt(squares / count + eps), rounded once; the quiet NaN without payload if `squares` is NaN.
ARBITER_HOST_DEVICE float inverse_rms(float squares, const InverseRms& constants) {
  const float mean = product(squares, constants.inverse_count);
  const float mean_low = fused(squares, constants.inverse_count_low, fused(squares, constants.inverse_count, -mean));
  const float x = sum(mean, constants.eps);
  const float added = sum(x, -mean);
  const float lost = sum(sum(mean, -sum(x, -added)), sum(constants.eps, -added));
  const float x_low = sum(lost, sum(mean_low, constants.eps_low));
#if defined(__CUDA_ARCH__)
  const float root = rsqrtf(x);
#else
  const float root = 1.0F / std::sqrt(x);
#endif
  const float result = refined_inverse_root(x, x_low, root);
  if (squares != squares) return float_of(0x7fc00000U);
  return bits_of(squares) == 0x7f800000U ? 0.0F : result;
}

}  // namespace arbiter::device
