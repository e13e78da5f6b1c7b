// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <bit>
#include <cstdint>
#include <iterator>
#include <random>
#include <vector>

#include "arbiter/host/row_kernels.hpp"

namespace arbiter::test {

/// fp32 values as rough as they come: every kind of NaN, infinities, both zeros, subnormals, huge, tiny and ties.
inline std::vector<float> hostile_floats(std::size_t count, std::uint32_t seed, bool with_nan = true) {
  constexpr std::uint32_t special[] = {0x00000000, 0x80000000, 0x00000001, 0x807fffff, 0x7f7fffff, 0xff7fffff,
                                       0x7f800000, 0xff800000, 0x3f808000, 0x3f818000, 0x38800000, 0x387fe000,
                                       0x33000000, 0x477fefff, 0x477ff000, 0x7f7f8000, 0x43e80000, 0x43e7ffff};
  constexpr std::uint32_t nan[] = {0x7f800001, 0x7fc00000, 0xffc12345, 0xffffffff, 0x7fa00000};
  std::mt19937 random(seed);
  std::normal_distribution<float> normal(0.0F, 2.0F);
  std::vector<float> values(count);
  for (float& value : values) {
    switch (random() % 8) {
      case 0: value = std::bit_cast<float>(special[random() % std::size(special)]); break;
      case 1: value = std::bit_cast<float>(nan[random() % std::size(nan)]); break;
      case 2: value = std::bit_cast<float>(static_cast<std::uint32_t>(random())); break;
      default: value = normal(random);
    }
    if (!with_nan && !(value - value == 0.0F)) value = normal(random);
  }
  return values;
}

/// Every instruction set there are kernels for. Tests skip those the processor lacks.
inline std::vector<Isa> all_isas() { return {Isa::portable, Isa::avx2, Isa::avx512}; }

}  // namespace arbiter::test
