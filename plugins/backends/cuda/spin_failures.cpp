#include "spin_failures.hpp"

#include <cuda_runtime_api.h>
#include <fmt/format.h>

#include "arbiter/error.hpp"
#include "cuda_check.hpp"

namespace arbiter::cuda {

SpinFailures::SpinFailures() {
  void* host = nullptr;
  void* device = nullptr;
  check(cudaHostAlloc(&host, sizeof(SpinFailure), cudaHostAllocMapped), "get host memory that the device sees");
  record_ = new (host) SpinFailure{};
  check(cudaHostGetDevicePointer(&device, host, 0), "map host memory into the device");
  on_device_ = static_cast<SpinFailure*>(device);
}

SpinFailures::~SpinFailures() {
  if (device_became_idle()) static_cast<void>(cudaFreeHost(record_));
}

SpinBound SpinFailures::bound(std::chrono::milliseconds timeout, int rank) {
  timeout_ = timeout;
  return {static_cast<std::uint64_t>(std::chrono::nanoseconds(timeout).count()), rank, on_device_};
}

void SpinFailures::throw_if_any() {
  const auto* seen = static_cast<const volatile SpinFailure*>(record_);
  if (seen->happened == 0) return;
  const SpinFailure failure{seen->happened, seen->rank, seen->peer, seen->epoch};
  *record_ = SpinFailure{};
  throw TimeoutError(fmt::format("rank {} waited longer than {} ms for rank {} in operation {}", failure.rank,
                                 timeout_.count(), failure.peer, failure.epoch));
}

}  // namespace arbiter::cuda
