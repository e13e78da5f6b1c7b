// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "arbiter/problem.hpp"
#include "arbiter/tensor.hpp"

namespace arbiter {

/// Uniform random numbers that depend on (seed, stream, index) only: a rank can generate any part of any rank's input,
/// so that results are verified without communication of inputs.
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

/// What the messages and the input tensors of a problem hold.
struct TestData {
  std::uint64_t seed = 0;
  /// Some elements of the messages are special values instead: NaN, infinities (also of both signs, on two ranks),
  /// zeros of both signs, subnormals, the largest finite value. Their sums do not depend on the order of additions.
  bool special_values = false;
};

/// The elements [first, first + count) of a rank's message, as stored.
void message_elements(const TestData& data, const Problem& problem, int rank, std::int64_t first, std::int64_t count,
                      void* out);

/// Adds the same elements, exactly, to `sum`, and the magnitudes of the finite ones to `magnitude`.
void add_message_elements(const TestData& data, const Problem& problem, int rank, std::int64_t first,
                          std::int64_t count, double* sum, double* magnitude);

}  // namespace arbiter
