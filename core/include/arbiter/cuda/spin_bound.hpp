#pragma once

#include <cstdint>

namespace arbiter::cuda {

/// What a kernel reports when it waited too long; in host memory that the device sees.
struct SpinFailure {
  std::uint32_t happened;  ///< 0 until a thread claims the record
  std::int32_t rank;       ///< that waited
  std::int32_t peer;       ///< that it waited for
  std::uint32_t epoch;     ///< of the operation
};

/// The bound of every spin of a kernel; a kernel parameter, by value. See arbiter/cuda/spin.cuh.
struct SpinBound {
  std::uint64_t nanoseconds;
  std::int32_t rank;     ///< this one
  SpinFailure* failure;  ///< where the first failure of this rank goes, and where all threads look for it
};

}  // namespace arbiter::cuda
