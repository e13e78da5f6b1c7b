#include "driver_api.hpp"

#include <cuda_runtime_api.h>
#include <fmt/format.h>

#include "arbiter/error.hpp"
#include "cuda_check.hpp"

namespace arbiter::cuda {

namespace {

/// Functions as CUDA 12.0 had them, whatever the headers now say.
constexpr unsigned interface_version = 12000;

template <class Function>
void find(const char* name, Function& function) {
  void* found = nullptr;
  cudaDriverEntryPointQueryResult result{};
#if CUDART_VERSION >= 12050
  const auto code = cudaGetDriverEntryPointByVersion(name, &found, interface_version, cudaEnableDefault, &result);
#else
  const auto code = cudaGetDriverEntryPoint(name, &found, cudaEnableDefault, &result);
#endif
  check(code, fmt::format("find {} in the driver", name));
  if (result != cudaDriverEntryPointSuccess || found == nullptr) {
    throw Error(fmt::format("the CUDA driver has no {}", name));
  }
  function = reinterpret_cast<Function>(found);
}

DriverApi load() {
  DriverApi api{};
  find("cuGetErrorString", api.error_string);
  find("cuDeviceGetAttribute", api.device_attribute);
  find("cuMemGetAllocationGranularity", api.granularity);
  find("cuMemCreate", api.create);
  find("cuMemRelease", api.release);
  find("cuMemAddressReserve", api.reserve);
  find("cuMemAddressFree", api.free_addresses);
  find("cuMemMap", api.map);
  find("cuMemUnmap", api.unmap);
  find("cuMemSetAccess", api.set_access);
  find("cuMemExportToShareableHandle", api.export_handle);
  find("cuMemImportFromShareableHandle", api.import_handle);
  return api;
}

}  // namespace

std::string DriverApi::words_of(CUresult code) const {
  const char* text = nullptr;
  if (error_string(code, &text) != CUDA_SUCCESS || text == nullptr) text = "unknown error";
  return fmt::format("{} (driver error {})", text, static_cast<int>(code));
}

void DriverApi::check(CUresult code, const std::string& action) const {
  if (code != CUDA_SUCCESS) throw Error(fmt::format("{}: {}", action, words_of(code)));
}

const DriverApi& driver_api() {
  static const DriverApi api = load();
  return api;
}

}  // namespace arbiter::cuda
