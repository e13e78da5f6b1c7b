#pragma once

#include <cstdint>

#include "arbiter/problem.hpp"

namespace arbiter {

/// What the messages and the input tensors of a problem hold.
struct TestData {
  std::uint64_t seed = 0;
  /// Among random elements of the messages, some of each kind that breaks careless code: NaN, infinities (also of both
  /// signs, on two ranks), zeros of both signs, subnormals, the largest finite value. Arranged so that the sum does not
  /// depend on its order.
  bool special_values = false;
};

/// The elements [first, first + count) of a rank's message, as stored.
void message_elements(const TestData& data, const Problem& problem, int rank, std::int64_t first, std::int64_t count,
                      void* out);

/// Adds the same elements, exactly, to `sum`, and the magnitudes of the finite ones to `magnitude`.
void add_message_elements(const TestData& data, const Problem& problem, int rank, std::int64_t first,
                          std::int64_t count, double* sum, double* magnitude);

}  // namespace arbiter
