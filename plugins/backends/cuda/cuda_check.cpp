#include "cuda_check.hpp"

#include <fmt/format.h>

#include "arbiter/error.hpp"

namespace arbiter::cuda {

std::string words_of(cudaError_t code) {
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
  static_cast<void>(cudaGetLastError());  // else the next, innocent call that looks would report it again
  lost = lost || is_sticky(code);
  throw Error(
      fmt::format("{}: {}{}", action, words_of(code), is_sticky(code) ? "; the device is lost to this process" : ""));
}

}  // namespace arbiter::cuda
