#pragma once

#include <string>

#include <cuda.h>

namespace arbiter::cuda {

/// What the runtime API lacks: memory with addresses and handles of our choice. The functions come from the runtime, so
/// that nothing links the driver, which is not there on a machine without a GPU.
struct DriverApi {
  decltype(&cuGetErrorString) error_string;
  decltype(&cuDeviceGetAttribute) device_attribute;
  decltype(&cuMemGetAllocationGranularity) granularity;
  decltype(&cuMemCreate) create;
  decltype(&cuMemRelease) release;
  decltype(&cuMemAddressReserve) reserve;
  decltype(&cuMemAddressFree) free_addresses;
  decltype(&cuMemMap) map;
  decltype(&cuMemUnmap) unmap;
  decltype(&cuMemSetAccess) set_access;
  decltype(&cuMemExportToShareableHandle) export_handle;
  decltype(&cuMemImportFromShareableHandle) import_handle;

  /// The driver's words.
  [[nodiscard]] std::string words_of(CUresult code) const;
  /// Throws Error.
  void check(CUresult code, const std::string& action) const;
};

/// Throws Error if the driver lacks one of them.
[[nodiscard]] const DriverApi& driver_api();

}  // namespace arbiter::cuda
