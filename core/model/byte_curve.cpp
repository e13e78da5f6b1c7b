// SPDX-License-Identifier: Apache-2.0
#include "arbiter/byte_curve.hpp"

#include <fmt/format.h>

namespace arbiter {

std::string to_string(const ByteCurve& curve) {
  const std::string tp = curve.tp_size == 0 ? "an unknown tp" : fmt::format("tp {}", curve.tp_size);
  const std::string sizes = curve.points.empty() ? "no sizes"
                                                 : fmt::format("{} sizes from {} to {} bytes", curve.points.size(),
                                                               curve.points.front().bytes, curve.points.back().bytes);
  return fmt::format("{}, {}, {}, {}, {} ({})", curve.name, tp, curve.dtype.empty() ? "an unknown dtype" : curve.dtype,
                     curve.fusion, sizes, curve.file.filename().string());
}

}  // namespace arbiter
