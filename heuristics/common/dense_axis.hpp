#pragma once

#include "common/log_axis.hpp"

namespace arbiter {

/// The values, three between each two of them in steps of equal ratio (whole, so fewer between small ones), and as many
/// up to one doubling beyond either end.
[[nodiscard]] LogAxis dense_axis(const LogAxis& axis);

}  // namespace arbiter
