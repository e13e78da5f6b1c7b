#pragma once

#include "rms_norm/device_arithmetic.hpp"

namespace arbiter::device {

/// 1 / sqrt(squares / count + eps) in single precision, off by a few units in the last place: less than another order
/// of the sum of squares may change. eps is at least 1e-30.
ARBITER_HOST_DEVICE float inverse_rms(float squares, float inverse_count, float eps) {
  return nearly_inverse_root(fused(squares, inverse_count, eps));
}

}  // namespace arbiter::device
