#include "linked_kernel.hpp"

#include <array>
#include <utility>

#include <fmt/format.h>

#include "cuda_check.hpp"

namespace arbiter::cuda {

namespace {

/// Loading code is no work of a stream, so it may happen while one is captured; this says so to the runtime.
class AnywhereInACapture {
 public:
  AnywhereInACapture() { check(cudaThreadExchangeStreamCaptureMode(&mode_), "load code while a graph is captured"); }
  ~AnywhereInACapture() { static_cast<void>(cudaThreadExchangeStreamCaptureMode(&mode_)); }
  AnywhereInACapture(const AnywhereInACapture&) = delete;
  AnywhereInACapture& operator=(const AnywhereInACapture&) = delete;

 private:
  cudaStreamCaptureMode mode_ = cudaStreamCaptureModeRelaxed;
};

}  // namespace

LinkedKernel::LinkedKernel(std::shared_ptr<Stream> stream, int multiprocessors, std::span<const std::byte> cubin,
                           const std::string& entry)
    : stream_(std::move(stream)), multiprocessors_(multiprocessors), entry_(entry) {
  const AnywhereInACapture anywhere;
  check(cudaLibraryLoadData(&library_, cubin.data(), nullptr, nullptr, 0, nullptr, nullptr, 0),
        fmt::format("load the code of {}", entry));
  auto found = cudaLibraryGetKernel(&kernel_, library_, entry.c_str());
  // Code is loaded when it is first used, which may wait for the device, and must not happen in a capture.
  cudaFuncAttributes attributes{};
  if (found == cudaSuccess) found = cudaFuncGetAttributes(&attributes, function());
  if (found == cudaSuccess) return;
  static_cast<void>(cudaLibraryUnload(library_));
  check(found, fmt::format("find the kernel {} in the linked code", entry));
}

LinkedKernel::~LinkedKernel() {
  if (!device_is_stuck()) static_cast<void>(cudaLibraryUnload(library_));
}

void LinkedKernel::launch(const Launch& launch, std::span<void* const> arguments) {
  allow_shared_bytes(launch.shared_bytes);
  std::array<cudaLaunchAttribute, 2> attributes{};
  unsigned used = 0;
  if (launch.cluster > 1) {
    attributes[used].id = cudaLaunchAttributeClusterDimension;
    attributes[used].val.clusterDim.x = launch.cluster;
    attributes[used].val.clusterDim.y = 1;
    attributes[used++].val.clusterDim.z = 1;
  }
  if (launch.programmatic) {
    attributes[used].id = cudaLaunchAttributeProgrammaticStreamSerialization;
    attributes[used++].val.programmaticStreamSerializationAllowed = 1;
  }
  cudaLaunchConfig_t config{};
  config.gridDim = dim3(launch.grid);
  config.blockDim = dim3(launch.block);
  config.dynamicSmemBytes = launch.shared_bytes;
  config.stream = stream_->current();
  config.attrs = attributes.data();
  config.numAttrs = used;
  // The runtime reads the arguments before it returns; its parameter lacks the const.
  const auto code = cudaLaunchKernelExC(&config, function(), const_cast<void**>(arguments.data()));
  if (code != cudaSuccess) {
    check(code, fmt::format("launch {} as {} blocks of {} threads, clusters of {}, {} bytes of shared memory", entry_,
                            launch.grid, launch.block, launch.cluster, launch.shared_bytes));
  }
}

int LinkedKernel::resident_blocks(unsigned block, unsigned shared_bytes) const {
  allow_shared_bytes(shared_bytes);
  int per_multiprocessor = 0;
  check(cudaOccupancyMaxActiveBlocksPerMultiprocessor(&per_multiprocessor, function(), static_cast<int>(block),
                                                      shared_bytes),
        fmt::format("ask how many blocks of {} fit", entry_));
  return per_multiprocessor * multiprocessors_;
}

void LinkedKernel::allow_shared_bytes(unsigned bytes) const {
  if (bytes <= allowed_shared_bytes_) return;
  check(cudaFuncSetAttribute(function(), cudaFuncAttributeMaxDynamicSharedMemorySize, static_cast<int>(bytes)),
        fmt::format("give {} {} bytes of shared memory", entry_, bytes));
  allowed_shared_bytes_ = bytes;
}

}  // namespace arbiter::cuda
