// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "arbiter/cuda/cuda_backend.hpp"
#include "arbiter/error.hpp"
#include "device_code/test_kernels.hpp"
#include "plugin/plugin_host.hpp"
#include "plugin/search_path.hpp"

namespace arbiter::testing {

inline PluginHost& built_plugins() {
  static PluginHost host;
  if (host.entries().empty()) host.load_dir(built_in_plugin_dir());
  return host;
}

template <class Kind>
std::shared_ptr<Kind> make_built(PluginKind kind, const std::string& name, const std::string& backend = "") {
  const PluginEntry* entry = built_plugins().find(kind, name, backend);
  if (entry == nullptr) throw Error("no plugin " + name + " in " + built_in_plugin_dir().string());
  return built_plugins().create_as<Kind>(*entry, Parameters(entry->parameters));
}

/// The cuda backend and kernels to run on it; skips where there is no device.
class GpuFixture : public ::testing::Test {
 protected:
  void SetUp() override {
    const Support available = backend().available();
    if (!available) GTEST_SKIP() << available.reason;
  }

  /// One for all tests: a device is taken once.
  static cuda::CudaBackend& backend() {
    static const auto backend =
        std::dynamic_pointer_cast<cuda::CudaBackend>(make_built<Backend>(PluginKind::backend, "cuda"));
    return *backend;
  }
  static std::shared_ptr<cuda::Kernel> kernel(const std::string& entry) {
    const std::vector parts{cuda::test_kernels_code(DType::bfloat16)};
    return backend().link(parts, entry);
  }
  static std::vector<std::byte> bytes_of(const void* device, std::size_t count) {
    std::vector<std::byte> bytes(count);
    backend().copy_out(bytes.data(), device, count);
    return bytes;
  }
  static std::uint32_t word_at(const void* device) {
    std::uint32_t word = 0;
    backend().copy_out(&word, device, sizeof word);
    return word;
  }
};

/// Adds one to the word the output points at.
class AddOne : public Operation {
 public:
  explicit AddOne(std::shared_ptr<cuda::Kernel> kernel) : kernel_(std::move(kernel)) {}
  void enqueue(const Bindings& bindings) override {
    void* data = bindings.tensors[0];
    std::int64_t count = 1;
    const std::vector<void*> arguments{&data, &count};
    kernel_->launch({}, arguments);
  }

 private:
  std::shared_ptr<cuda::Kernel> kernel_;
};

/// Counts, in device memory, the runs that found all ranks in the expected turn.
class CountIfAllCame : public Operation {
 public:
  CountIfAllCame(std::shared_ptr<cuda::Kernel> kernel, int ranks) : kernel_(std::move(kernel)), ranks_(ranks) {}
  void enqueue(const Bindings& bindings) override {
    void* words = bindings.tensors[0];
    const std::vector<void*> arguments{&words, &ranks_};
    kernel_->launch({}, arguments);
  }

 private:
  std::shared_ptr<cuda::Kernel> kernel_;
  int ranks_;
};

/// Waits for a flag that is never set, until the bound is exceeded.
class WaitInVain : public Operation {
 public:
  WaitInVain(std::shared_ptr<cuda::Kernel> kernel, int peer, cuda::SpinBound bound)
      : kernel_(std::move(kernel)), peer_(peer), bound_(bound) {}
  void enqueue(const Bindings& bindings) override {
    void* flag = bindings.tensors[0];
    std::uint32_t epoch = 77;
    const std::vector<void*> arguments{&flag, &peer_, &epoch, &bound_};
    kernel_->launch({.grid = 1, .block = 32}, arguments);
  }

 private:
  std::shared_ptr<cuda::Kernel> kernel_;
  int peer_;
  cuda::SpinBound bound_;
};

}  // namespace arbiter::testing
