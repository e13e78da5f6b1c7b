// SPDX-License-Identifier: Apache-2.0
// Compiled once for each instruction set: arbiter/host/lane_formats.hpp says how.
#include "arbiter/host/lane_formats.hpp"

namespace arbiter::ARBITER_ISA {

/// to[i] = round(from[i] * by), bfloat16.
void scale_row(const std::uint16_t* from, float by, std::uint16_t* to, std::int64_t count) {
  for_blocks(count, [=](std::int64_t i, auto extent) ARBITER_LANES_LAMBDA {
    store_rounded<Bfloat16>(load<Bfloat16>(from + i, extent) * splat(by), to + i, extent);
  });
}

}  // namespace arbiter::ARBITER_ISA
