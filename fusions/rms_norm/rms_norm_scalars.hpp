#pragma once

namespace arbiter {

/// What the RESIDUAL_RMS_NORM fusions keep in DeviceEpilogue::scalars.
enum RmsNormScalar : int {
  rms_norm_inverse_count,  ///< 1 / hidden_size
  rms_norm_eps,
  rms_norm_swizzled  ///< 1 if block scales are in ScaleLayout::swizzled, 0 if in linear
};

}  // namespace arbiter
