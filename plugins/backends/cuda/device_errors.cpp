// SPDX-License-Identifier: Apache-2.0
#include "device_errors.hpp"

#include <cuda_runtime_api.h>
#include <fmt/format.h>

#include "arbiter/error.hpp"

namespace arbiter::cuda {

std::string message_of(cudaError_t code) {
  return fmt::format("{} ({})", cudaGetErrorString(code), cudaGetErrorName(code));
}

namespace {

bool stuck = false;
bool lost = false;

}  // namespace

bool device_is_lost() { return lost; }
bool device_is_stuck() { return stuck; }
void device_got_stuck() { stuck = true; }

bool device_became_idle() noexcept {
  if (stuck) return false;
  static_cast<void>(cudaDeviceSynchronize());
  return true;
}

bool is_sticky(cudaError_t code) {
  switch (code) {
    case cudaErrorIllegalAddress:
    case cudaErrorLaunchTimeout:
    case cudaErrorAssert:
    case cudaErrorHardwareStackError:
    case cudaErrorIllegalInstruction:
    case cudaErrorMisalignedAddress:
    case cudaErrorInvalidAddressSpace:
    case cudaErrorInvalidPc:
    case cudaErrorLaunchFailure:
    case cudaErrorECCUncorrectable:
    case cudaErrorNvlinkUncorrectable:
    case cudaErrorExternalDevice:
    case cudaErrorContained:
    case cudaErrorTensorMemoryLeak: return true;
    default: return false;
  }
}

void check(cudaError_t code, const std::string& action) {
  if (code == cudaSuccess) return;
  static_cast<void>(cudaGetLastError());  // else a later, unrelated call would report it again
  lost = lost || is_sticky(code);
  throw Error(
      fmt::format("{}: {}{}", action, message_of(code), is_sticky(code) ? "; the device is lost to this process" : ""));
}

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
  throw TimeoutError(fmt::format(
      "rank {} waited longer than {} ms for {} in operation {}", failure.rank, timeout_.count(),
      failure.peer == failure.rank ? "its own blocks" : fmt::format("rank {}", failure.peer), failure.epoch));
}

}  // namespace arbiter::cuda
