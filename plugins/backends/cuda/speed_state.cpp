// SPDX-License-Identifier: Apache-2.0
// The clock of a device and what lowers it, from NVIDIA's management library. It comes with the driver, so it is looked
// for at run time; the few declarations that are needed are NVML's documented C interface.
#include <array>
#include <memory>
#include <string>
#include <utility>

#include <cuda_runtime_api.h>
#include <dlfcn.h>

#include "neighbour.hpp"

namespace arbiter::cuda {

namespace {

constexpr int nvml_success = 0;
constexpr unsigned clock_of_multiprocessors = 1;  // NVML_CLOCK_SM

/// NVML's bits for reasons that lower the clock of a device that works. An idle device and a clock that the user set
/// are none.
constexpr std::array<std::pair<unsigned long long, const char*>, 6> slowdowns = {{
    {0x04, "power cap"},
    {0x08, "hardware slowdown"},
    {0x20, "temperature"},
    {0x40, "hardware thermal slowdown"},
    {0x80, "power brake"},
    {0x10, "sync boost"},
}};

class ManagementLibrary {
 public:
  ManagementLibrary() : library_(dlopen("libnvidia-ml.so.1", RTLD_NOW | RTLD_LOCAL)) {
    const auto initialise = function<int (*)()>("nvmlInit_v2");
    handle_ = function<decltype(handle_)>("nvmlDeviceGetHandleByPciBusId_v2");
    clock_ = function<decltype(clock_)>("nvmlDeviceGetClockInfo");
    reasons_ = function<decltype(reasons_)>("nvmlDeviceGetCurrentClocksThrottleReasons");
    works_ = initialise != nullptr && handle_ != nullptr && clock_ != nullptr && initialise() == nvml_success;
  }

  [[nodiscard]] SpeedState state_of(int device) const {
    SpeedState state;
    std::array<char, 32> bus_id{};
    void* handle = nullptr;
    if (!works_ || cudaDeviceGetPCIBusId(bus_id.data(), static_cast<int>(bus_id.size()), device) != cudaSuccess ||
        handle_(bus_id.data(), &handle) != nvml_success) {
      return state;
    }
    unsigned mhz = 0;
    if (clock_(handle, clock_of_multiprocessors, &mhz) == nvml_success) state.clock_mhz = mhz;
    unsigned long long reasons = 0;
    if (reasons_ == nullptr || reasons_(handle, &reasons) != nvml_success) return state;
    for (const auto& [bit, name] : slowdowns) {
      if ((reasons & bit) == 0) continue;
      state.throttling += (state.throttling.empty() ? "" : ", ") + std::string(name);
    }
    return state;
  }

 private:
  template <class Function>
  [[nodiscard]] Function function(const char* name) const {
    return library_ == nullptr ? nullptr : reinterpret_cast<Function>(dlsym(library_, name));
  }

  void* library_;  // stays loaded
  int (*handle_)(const char*, void**) = nullptr;
  int (*clock_)(void*, unsigned, unsigned*) = nullptr;
  int (*reasons_)(void*, unsigned long long*) = nullptr;
  bool works_ = false;
};

}  // namespace

SpeedState speed_state_of(int device) {
  static const ManagementLibrary library;
  return library.state_of(device);
}

}  // namespace arbiter::cuda
