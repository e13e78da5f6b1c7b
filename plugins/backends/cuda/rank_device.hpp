#pragma once

#include <memory>

#include "host_copies.hpp"
#include "kernels.hpp"
#include "lingering_memory.hpp"
#include "memory_pool.hpp"
#include "spin_failures.hpp"
#include "start_barrier.hpp"
#include "stream.hpp"

namespace arbiter::cuda {

/// The device of this rank, in use.
struct RankDevice {
  /// Throws Error.
  explicit RankDevice(int device);

  int number;
  std::shared_ptr<Stream> stream;
  std::shared_ptr<LingeringMemory> lingering;
  std::shared_ptr<MemoryPool> pool;
  SpinFailures spin_failures;
  HostCopies copies;
  Kernels kernels;
  StartBarriers barriers;
};

}  // namespace arbiter::cuda
