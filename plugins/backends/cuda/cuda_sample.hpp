#pragma once

#include <functional>
#include <memory>

#include <cuda_runtime_api.h>

#include "arbiter/backend.hpp"
#include "start_barrier.hpp"
#include "stream.hpp"

namespace arbiter::cuda {

/// What a sample needs of its backend.
struct SampleContext {
  std::shared_ptr<Stream> stream;
  std::function<std::shared_ptr<StartBarrier>(ProcessGroup&)> barrier_of;
  std::function<SpinBound(const ProcessGroup&)> bound_of;
  std::function<void()> throw_if_a_spin_failed;
};

/// `iterations_per_sample` runs between two events: one replay of a CUDA graph, or enqueued one by one while they are
/// timed.
[[nodiscard]] std::unique_ptr<Sample> make_sample(SampleContext context, Operation& operation, const Bindings& bindings,
                                                  std::int64_t iterations_per_sample, bool graph);

}  // namespace arbiter::cuda
