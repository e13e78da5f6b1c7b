// SPDX-License-Identifier: Apache-2.0
// What the drop-in uses of libcuda.so.1, in host memory.
#include <cstdint>
#include <cstdlib>
#include <cstring>

#define EXPORTED extern "C" __attribute__((visibility("default")))

EXPORTED int cuDeviceGet(int* device, int ordinal) {
  *device = ordinal;
  return 0;
}
EXPORTED int cuDevicePrimaryCtxRetain(void** context, int /*device*/) {
  static int any;
  *context = &any;
  return 0;
}
EXPORTED int cuDevicePrimaryCtxRelease_v2(int /*device*/) { return 0; }
EXPORTED int cuCtxPushCurrent_v2(void* /*context*/) { return 0; }
EXPORTED int cuCtxPopCurrent_v2(void** context) {
  *context = nullptr;
  return 0;
}
EXPORTED int cuStreamCreate(void** stream, unsigned /*flags*/) {
  static int any;
  *stream = &any;
  return 0;
}
EXPORTED int cuStreamDestroy_v2(void* /*stream*/) { return 0; }
EXPORTED int cuStreamSynchronize(void* /*stream*/) { return 0; }
EXPORTED int cuMemAlloc_v2(std::uint64_t* address, std::size_t bytes) {
  *address = reinterpret_cast<std::uintptr_t>(std::malloc(bytes));
  return 0;
}
EXPORTED int cuMemFree_v2(std::uint64_t address) {
  std::free(reinterpret_cast<void*>(address));  // NOLINT(performance-no-int-to-ptr): as the driver's
  return 0;
}
EXPORTED int cuMemcpyHtoDAsync_v2(std::uint64_t to, const void* from, std::size_t bytes, void* /*stream*/) {
  std::memcpy(reinterpret_cast<void*>(to), from, bytes);  // NOLINT(performance-no-int-to-ptr): as the driver's
  return 0;
}
EXPORTED int cuMemcpyDtoHAsync_v2(void* to, std::uint64_t from, std::size_t bytes, void* /*stream*/) {
  std::memcpy(to, reinterpret_cast<void*>(from), bytes);  // NOLINT(performance-no-int-to-ptr): as the driver's
  return 0;
}
