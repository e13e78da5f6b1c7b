// SPDX-License-Identifier: Apache-2.0
#pragma once

/// The part of CUDA that device epilogues use, for a host compiler: a warp whose lanes run one after the other.

#include <algorithm>
#include <bit>
#include <cstdint>
#include <vector>

#include <cuda_bf16.h>
#include <cuda_fp16.h>

namespace arbiter::test {

/// A shuffle needs values that other lanes have not computed yet. So the warp runs repeatedly, each time with the
/// values that the lanes gave to each shuffle in the previous run, until these no longer change.
class Warp {
 public:
  static constexpr int lanes = 32;

  template <class Lane>
  static void run(Lane lane) {
    before_.clear();
    do {
      before_ = now_;
      now_.clear();
      for (lane_ = 0; lane_ < lanes; ++lane_) {
        step_ = 0;
        lane(lane_);
      }
    } while (now_ != before_);
    now_.clear();
  }

  static std::uint32_t shuffle_xor(std::uint32_t value, int mask) {
    const std::size_t step = step_++;
    if (now_.size() <= step) now_.resize(step + 1, std::vector<std::uint32_t>(lanes));
    now_[step][static_cast<std::size_t>(lane_)] = value;
    return step < before_.size() ? before_[step][static_cast<std::size_t>(lane_ ^ mask)] : 0;
  }

 private:
  using Steps = std::vector<std::vector<std::uint32_t>>;
  static inline int lane_ = 0;
  static inline std::size_t step_ = 0;
  static inline Steps before_;
  static inline Steps now_;
};

}  // namespace arbiter::test

inline std::uint32_t __shfl_xor_sync(unsigned, std::uint32_t value, int mask) {
  return arbiter::test::Warp::shuffle_xor(value, mask);
}
inline float __uint_as_float(unsigned bits) { return std::bit_cast<float>(bits); }
inline unsigned __float_as_uint(float value) { return std::bit_cast<unsigned>(value); }
inline float __frcp_rn(float value) { return 1.0F / value; }
