#include "kernels.hpp"

#include <cstdio>
#include <functional>
#include <string_view>
#include <utility>

#include <cuda_runtime_api.h>
#include <fmt/format.h>

#include "cuda_check.hpp"
#include "linked_kernel.hpp"

namespace arbiter::cuda {

namespace {

int attribute(cudaDeviceAttr which, int device) {
  int value = 0;
  check(cudaDeviceGetAttribute(&value, which, device), "ask for the GPU's properties");
  return value;
}

/// By content: a plugin that is loaded again may have its code elsewhere, and another's where this was.
std::string key_of(std::span<const DeviceCode> parts, const std::string& entry) {
  std::string key = entry;
  for (const DeviceCode& part : parts) {
    const std::string_view bytes(reinterpret_cast<const char*>(part.fatbin.data()), part.fatbin.size());
    key += fmt::format("|{}:{}:{:x}", part.name, bytes.size(), std::hash<std::string_view>()(bytes));
  }
  return key;
}

void warn(const std::string& message) { std::fprintf(stderr, "cuda backend: %s\n", message.c_str()); }

}  // namespace

int sm_version_of(int device) {
  return attribute(cudaDevAttrComputeCapabilityMajor, device) * 10 +
         attribute(cudaDevAttrComputeCapabilityMinor, device);
}

Kernels::Kernels(std::shared_ptr<Stream> stream, int device)
    : stream_(std::move(stream)),
      sm_version_(sm_version_of(device)),
      multiprocessors_{attribute(cudaDevAttrMultiProcessorCount, device),
                       static_cast<unsigned>(attribute(cudaDevAttrMaxSharedMemoryPerMultiprocessor, device))},
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
