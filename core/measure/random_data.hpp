#pragma once

#include <cstdint>

#include "arbiter/tensor.hpp"

namespace arbiter {

/// Uniform random numbers that depend on (seed, stream, index) only: any rank can make any part of any rank's input
/// again, so results are verified without sending inputs around.
struct RandomStream {
  std::uint64_t seed = 0;    ///< of the run
  std::uint64_t stream = 0;  ///< rank for messages; numbers from 2^32 on for tensors that are the same on all ranks
  double low = -1.0;
  double high = 1.0;
};

/// The values [first, first + count) of a stream, rounded to `dtype` (bfloat16, float16 or float32), as stored.
void random_elements(const RandomStream& stream, DType dtype, std::int64_t first, std::int64_t count, void* out);

/// Adds the same values, exactly, to `sum`, and their magnitudes to `magnitude`.
void add_random_elements(const RandomStream& stream, DType dtype, std::int64_t first, std::int64_t count, double* sum,
                         double* magnitude);

}  // namespace arbiter
