// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

namespace arbiter::testing {

/// What hazard_compare found; zeroed at first. Plain data, the same for both compilers.
struct DifferenceRecord {
  std::uint32_t bytes;  ///< that differed
  std::uint32_t step;   ///< of the first one
  std::uint32_t tensor;
  std::uint32_t got;
  std::uint32_t wanted;
  std::uint32_t padding;
  std::int64_t byte;
};

}  // namespace arbiter::testing
