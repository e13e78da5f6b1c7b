// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include <cuda.h>

namespace arbiter::runtime {

/// Each function of the CUDA driver that the runtime calls, and the symbol it has in libcuda: that of CUDA 12.0,
/// whichever version the headers are from.
#define ARBITER_DRIVER_FUNCTIONS(function)                                                                             \
  function(init, cuInit, "cuInit");                                                                                    \
  function(error_string, cuGetErrorString, "cuGetErrorString");                                                        \
  function(driver_version, cuDriverGetVersion, "cuDriverGetVersion");                                                  \
  function(device_count, cuDeviceGetCount, "cuDeviceGetCount");                                                        \
  function(device_get, cuDeviceGet, "cuDeviceGet");                                                                    \
  function(device_name, cuDeviceGetName, "cuDeviceGetName");                                                           \
  function(device_attribute, cuDeviceGetAttribute, "cuDeviceGetAttribute");                                            \
  function(device_bus_id, cuDeviceGetPCIBusId, "cuDeviceGetPCIBusId");                                                 \
  function(device_by_bus_id, cuDeviceGetByPCIBusId, "cuDeviceGetByPCIBusId");                                          \
  function(can_access_peer, cuDeviceCanAccessPeer, "cuDeviceCanAccessPeer");                                           \
  function(p2p_attribute, cuDeviceGetP2PAttribute, "cuDeviceGetP2PAttribute");                                         \
  function(primary_retain, cuDevicePrimaryCtxRetain, "cuDevicePrimaryCtxRetain");                                      \
  function(primary_release, cuDevicePrimaryCtxRelease, "cuDevicePrimaryCtxRelease_v2");                                \
  function(context_current, cuCtxGetCurrent, "cuCtxGetCurrent");                                                       \
  function(context_push, cuCtxPushCurrent, "cuCtxPushCurrent_v2");                                                     \
  function(context_pop, cuCtxPopCurrent, "cuCtxPopCurrent_v2");                                                        \
  function(context_synchronize, cuCtxSynchronize, "cuCtxSynchronize");                                                 \
  function(capture_mode, cuThreadExchangeStreamCaptureMode, "cuThreadExchangeStreamCaptureMode");                      \
  function(module_load, cuModuleLoadData, "cuModuleLoadData");                                                         \
  function(module_unload, cuModuleUnload, "cuModuleUnload");                                                           \
  function(module_function, cuModuleGetFunction, "cuModuleGetFunction");                                               \
  function(function_attribute, cuFuncGetAttribute, "cuFuncGetAttribute");                                              \
  function(set_function_attribute, cuFuncSetAttribute, "cuFuncSetAttribute");                                          \
  function(active_blocks, cuOccupancyMaxActiveBlocksPerMultiprocessor, "cuOccupancyMaxActiveBlocksPerMultiprocessor"); \
  function(active_clusters, cuOccupancyMaxActiveClusters, "cuOccupancyMaxActiveClusters");                             \
  function(launch, cuLaunchKernelEx, "cuLaunchKernelEx");                                                              \
  function(memory_info, cuMemGetInfo, "cuMemGetInfo_v2");                                                              \
  function(allocate, cuMemAlloc, "cuMemAlloc_v2");                                                                     \
  function(free, cuMemFree, "cuMemFree_v2");                                                                           \
  function(fill, cuMemsetD8, "cuMemsetD8_v2");                                                                         \
  function(copy_in, cuMemcpyHtoD, "cuMemcpyHtoD_v2");                                                                  \
  function(copy_out, cuMemcpyDtoH, "cuMemcpyDtoH_v2");                                                                 \
  function(host_register, cuMemHostRegister, "cuMemHostRegister_v2");                                                  \
  function(host_unregister, cuMemHostUnregister, "cuMemHostUnregister");                                               \
  function(host_pointer, cuMemHostGetDevicePointer, "cuMemHostGetDevicePointer_v2");                                   \
  function(granularity, cuMemGetAllocationGranularity, "cuMemGetAllocationGranularity");                               \
  function(create, cuMemCreate, "cuMemCreate");                                                                        \
  function(release, cuMemRelease, "cuMemRelease");                                                                     \
  function(reserve, cuMemAddressReserve, "cuMemAddressReserve");                                                       \
  function(free_addresses, cuMemAddressFree, "cuMemAddressFree");                                                      \
  function(map, cuMemMap, "cuMemMap");                                                                                 \
  function(unmap, cuMemUnmap, "cuMemUnmap");                                                                           \
  function(set_access, cuMemSetAccess, "cuMemSetAccess");                                                              \
  function(export_handle, cuMemExportToShareableHandle, "cuMemExportToShareableHandle");                               \
  function(import_handle, cuMemImportFromShareableHandle, "cuMemImportFromShareableHandle");                           \
  function(event_create, cuEventCreate, "cuEventCreate");                                                              \
  function(event_destroy, cuEventDestroy, "cuEventDestroy_v2");                                                        \
  function(event_record, cuEventRecord, "cuEventRecord");                                                              \
  function(stream_wait, cuStreamWaitEvent, "cuStreamWaitEvent");                                                       \
  function(stream_synchronize, cuStreamSynchronize, "cuStreamSynchronize");

/// The CUDA driver, loaded with dlopen, so that nothing links libcuda, which a machine without a GPU does not have, or
/// libcudart, of which a process should have one.
struct Driver {
#define ARBITER_DECLARE(name, function, symbol) decltype(&(function)) name
  ARBITER_DRIVER_FUNCTIONS(ARBITER_DECLARE)
#undef ARBITER_DECLARE
  /// The signature of CUDA 11.3 to 12, which the headers of 13 no longer declare.
  CUresult (*capture_info)(CUstream, CUstreamCaptureStatus*, cuuint64_t*, CUgraph*, const CUgraphNode**, size_t*);

  /// Throws CallError if `code` is an error: "<action>: <the driver's text>".
  void check(CUresult code, const char* action) const {
    if (code != CUDA_SUCCESS) fail(code, action);
  }
  [[noreturn]] void fail(CUresult code, const std::string& action) const;
  [[nodiscard]] int attribute(CUdevice_attribute attribute, CUdevice device) const;
};

/// Initialised. Throws CallError if there is no driver, or it is older than CUDA 12.0.
[[nodiscard]] const Driver& driver();

/// CUDA's driver has addresses of device memory as integers.
template <class Value>
[[nodiscard]] Value* pointer_to(CUdeviceptr address) {
  return reinterpret_cast<Value*>(address);  // NOLINT(performance-no-int-to-ptr)
}

/// The primary context of a device, current for this thread as long as it lives.
class CurrentContext {
 public:
  explicit CurrentContext(CUcontext context);
  ~CurrentContext();
  CurrentContext(const CurrentContext&) = delete;
  CurrentContext& operator=(const CurrentContext&) = delete;

 private:
  bool pushed_ = false;
};

}  // namespace arbiter::runtime
