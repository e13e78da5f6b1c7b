// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

namespace arbiter::cuda {

/// The first wait of a rank's kernels that exceeded its bound. In page-locked host memory that the device can write;
/// one for each PeerMemory is in that memory.
struct alignas(16) SpinFailure {
  std::uint32_t happened;  ///< 0 until a thread claims the record with a system-scope compare-and-swap
  std::int32_t rank;       ///< the rank that waited
  std::int32_t peer;       ///< the rank it waited for; itself if blocks of a cluster waited for each other
  std::uint32_t epoch;     ///< the operation it waited in
};

/// Bounds every wait of a kernel (arbiter/cuda/spin.cuh). Plain data; a kernel takes it by value, as a parameter or a
/// member of one. Host code gets it from CudaBackend::spin_bound(), and passes it through PeerMemory::guarded() for
/// kernels whose waits are for data in that memory.
struct SpinBound {
  std::uint64_t nanoseconds;  ///< of the device's global timer, from the first clock reading of a wait
  std::int32_t rank;          ///< this rank, for the report
  SpinFailure* failure;       ///< device address of the rank's one record: written by the first thread that gives up,
                              ///< read by all waiting threads
  /// Of a guarded bound: device address of a table with the device address of each rank's record in the memory. A
  /// thread that gives up writes all of them before anything that follows from it. Null otherwise.
  SpinFailure* const* of_ranks = nullptr;
  std::int32_t ranks = 0;  ///< entries of that table
};

}  // namespace arbiter::cuda
