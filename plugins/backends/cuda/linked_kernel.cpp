#include "linked_kernel.hpp"

#include <algorithm>
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

/// What a launch is, as the runtime wants to be told.
class LaunchConfig {
 public:
  LaunchConfig(const Launch& launch, unsigned shared_bytes, cudaStream_t stream) {
    if (launch.cluster > 1) {
      cudaLaunchAttribute& attribute = add(cudaLaunchAttributeClusterDimension);
      attribute.val.clusterDim.x = launch.cluster;
      attribute.val.clusterDim.y = 1;
      attribute.val.clusterDim.z = 1;
    }
    if (launch.programmatic) {
      add(cudaLaunchAttributeProgrammaticStreamSerialization).val.programmaticStreamSerializationAllowed = 1;
    }
    config_.gridDim = dim3(launch.grid);
    config_.blockDim = dim3(launch.block);
    config_.dynamicSmemBytes = shared_bytes;
    config_.stream = stream;
    config_.attrs = attributes_.data();
  }
  LaunchConfig(const LaunchConfig&) = delete;
  LaunchConfig& operator=(const LaunchConfig&) = delete;

  [[nodiscard]] const cudaLaunchConfig_t* get() const { return &config_; }

 private:
  cudaLaunchAttribute& add(cudaLaunchAttributeID id) {
    cudaLaunchAttribute& attribute = attributes_.at(config_.numAttrs++);
    attribute.id = id;
    return attribute;
  }

  std::array<cudaLaunchAttribute, 2> attributes_{};
  cudaLaunchConfig_t config_{};
};

}  // namespace

LinkedKernel::LinkedKernel(std::shared_ptr<Stream> stream, const Multiprocessors& multiprocessors,
                           std::span<const std::byte> cubin, const std::string& entry)
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
  const unsigned bytes = shared_bytes(launch);
  const LaunchConfig config(launch, bytes, stream_->current());
  // The runtime reads the arguments before it returns; its parameter lacks the const.
  const auto code = cudaLaunchKernelExC(config.get(), function(), const_cast<void**>(arguments.data()));
  if (code != cudaSuccess) {
    check(code, fmt::format("launch {} as {} blocks of {} threads, clusters of {}, {} bytes of shared memory", entry_,
                            launch.grid, launch.block, launch.cluster, bytes));
  }
}

int LinkedKernel::resident_blocks(const Launch& launch) const {
  const unsigned bytes = shared_bytes(launch);
  int number = 0;
  if (launch.cluster > 1) {
    Launch one = launch;
    one.grid = launch.cluster;
    const LaunchConfig config(one, bytes, nullptr);
    check(cudaOccupancyMaxActiveClusters(&number, function(), config.get()),
          fmt::format("ask how many clusters of {} fit", entry_));
    return number * static_cast<int>(launch.cluster);
  }
  check(cudaOccupancyMaxActiveBlocksPerMultiprocessor(&number, function(), static_cast<int>(launch.block), bytes),
        fmt::format("ask how many blocks of {} fit", entry_));
  return number * multiprocessors_.count;
}

unsigned LinkedKernel::shared_bytes(const Launch& launch) const {
  // Two of more than half do not fit.
  const unsigned bytes =
      launch.exclusive_sm ? std::max(launch.shared_bytes, multiprocessors_.shared_bytes / 2) : launch.shared_bytes;
  if (bytes > allowed_shared_bytes_) {
    check(cudaFuncSetAttribute(function(), cudaFuncAttributeMaxDynamicSharedMemorySize, static_cast<int>(bytes)),
          fmt::format("give {} {} bytes of shared memory", entry_, bytes));
    allowed_shared_bytes_ = bytes;
  }
  return bytes;
}

}  // namespace arbiter::cuda
