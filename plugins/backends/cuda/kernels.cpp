// SPDX-License-Identifier: Apache-2.0
#include "kernels.hpp"

#include <algorithm>
#include <array>
#include <cstdio>
#include <functional>
#include <string_view>
#include <utility>

#include <cuda_runtime_api.h>
#include <fmt/format.h>

#include "arbiter/names.hpp"
#include "device_errors.hpp"
#include "devices.hpp"

namespace arbiter::cuda {

namespace {

/// Lets this thread load code while a stream is captured.
class RelaxedCapture {
 public:
  RelaxedCapture() { check(cudaThreadExchangeStreamCaptureMode(&mode_), "load code while a graph is captured"); }
  ~RelaxedCapture() { static_cast<void>(cudaThreadExchangeStreamCaptureMode(&mode_)); }
  RelaxedCapture(const RelaxedCapture&) = delete;
  RelaxedCapture& operator=(const RelaxedCapture&) = delete;

 private:
  cudaStreamCaptureMode mode_ = cudaStreamCaptureModeRelaxed;
};

/// A Launch in the runtime's terms.
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

/// A kernel of a cubin, loaded into this process.
class LinkedKernel : public Kernel {
 public:
  /// Throws Error.
  LinkedKernel(std::shared_ptr<Stream> stream, const Multiprocessors& multiprocessors, std::span<const std::byte> cubin,
               const std::string& entry);
  ~LinkedKernel() override {
    if (!device_is_stuck()) static_cast<void>(cudaLibraryUnload(library_));
  }
  LinkedKernel(const LinkedKernel&) = delete;
  LinkedKernel& operator=(const LinkedKernel&) = delete;

  void launch(const Launch& launch, std::span<void* const> arguments) override;
  [[nodiscard]] int resident_blocks(const Launch& launch) const override;

 private:
  /// Dynamic shared memory of a launch; raises the kernel's limit if needed.
  [[nodiscard]] unsigned shared_bytes(const Launch& launch) const;
  [[nodiscard]] const void* function() const { return kernel_; }

  std::shared_ptr<Stream> stream_;
  Multiprocessors multiprocessors_;
  std::string entry_;
  cudaLibrary_t library_ = nullptr;
  cudaKernel_t kernel_ = nullptr;
  mutable unsigned allowed_shared_bytes_ = 48U * 1024U;  // without an attribute
};

LinkedKernel::LinkedKernel(std::shared_ptr<Stream> stream, const Multiprocessors& multiprocessors,
                           std::span<const std::byte> cubin, const std::string& entry)
    : stream_(std::move(stream)), multiprocessors_(multiprocessors), entry_(entry) {
  const RelaxedCapture relaxed;
  check(cudaLibraryLoadData(&library_, cubin.data(), nullptr, nullptr, 0, nullptr, nullptr, 0),
        fmt::format("load the code of {}", entry));
  auto found = cudaLibraryGetKernel(&kernel_, library_, entry.c_str());
  // Forces lazy loading now: on first use it may wait for the device, and must not happen in a capture.
  cudaFuncAttributes attributes{};
  if (found == cudaSuccess) found = cudaFuncGetAttributes(&attributes, function());
  if (found == cudaSuccess) return;
  static_cast<void>(cudaLibraryUnload(library_));
  check(found, fmt::format("find the kernel {} in the linked code", entry));
}

void LinkedKernel::launch(const Launch& launch, std::span<void* const> arguments) {
  const unsigned bytes = shared_bytes(launch);
  const LaunchConfig config(launch, bytes, stream_->current());
  // The runtime only reads the arguments; its parameter lacks the const.
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
  // Two blocks with half of the multiprocessor's shared memory each do not fit, since each reserves some more.
  const unsigned bytes =
      launch.exclusive_sm ? std::max(launch.shared_bytes, multiprocessors_.shared_bytes / 2) : launch.shared_bytes;
  if (bytes > allowed_shared_bytes_) {
    check(cudaFuncSetAttribute(function(), cudaFuncAttributeMaxDynamicSharedMemorySize, static_cast<int>(bytes)),
          fmt::format("give {} {} bytes of shared memory", entry_, bytes));
    allowed_shared_bytes_ = bytes;
  }
  return bytes;
}

/// By content, not by address: a plugin that is loaded again may have its code where another one had its own.
std::string key_of(std::span<const DeviceCode> parts, const std::string& entry) {
  std::string key = entry;
  for (const DeviceCode& part : parts) {
    const std::string_view bytes(reinterpret_cast<const char*>(part.fatbin.data()), part.fatbin.size());
    key += fmt::format("|{}:{}:{:x}", part.name, bytes.size(), std::hash<std::string_view>()(bytes));
  }
  return key;
}

void warn(const std::string& message) { std::fprintf(stderr, "cuda backend: %s\n", plain_text(message).c_str()); }

}  // namespace

Kernels::Kernels(std::shared_ptr<Stream> stream, int device)
    : stream_(std::move(stream)),
      sm_version_(sm_version_of(device)),
      multiprocessors_{device_attribute(cudaDevAttrMultiProcessorCount, device),
                       static_cast<unsigned>(device_attribute(cudaDevAttrMaxSharedMemoryPerMultiprocessor, device))},
      cache_(default_cache_folder(), warn) {}

std::shared_ptr<Kernel> Kernels::link(std::span<const DeviceCode> parts, const std::string& entry) {
  auto& kernel = loaded_[key_of(parts, entry)];
  if (kernel == nullptr) {
    const LinkedCode linked = cache_.link(parts, entry, sm_version_);
    kernel = std::make_shared<LinkedKernel>(stream_, multiprocessors_, linked.cubin, entry);
  }
  return kernel;
}

}  // namespace arbiter::cuda
