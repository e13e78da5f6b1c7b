// SPDX-License-Identifier: Apache-2.0
// Two communicators of the runtime on one device, whose operations are in flight at once.
#include <array>
#include <chrono>
#include <stdexcept>
#include <thread>

#include <cuda.h>
#include <dlfcn.h>
#include <gtest/gtest.h>

#include "device_ranks.hpp"

namespace {

using namespace arbiter::test;
using namespace std::chrono_literals;

using CommunicatorsCuda = OnGpus;

/// A kernel of an engine: its blocks fill the current device, and do nothing but wait for the end of the kernel in
/// front.
class FillingKernel {
 public:
  FillingKernel() {
    constexpr const char* code = R"(.version 7.8
.target sm_90
.address_size 64
.visible .entry fill() .maxntid 1024 { griddepcontrol.wait; ret; })";
    int device = 0;
    check(cudaGetDevice(&device) == cudaSuccess);
    check(cudaDeviceGetAttribute(&multiprocessors_, cudaDevAttrMultiProcessorCount, device) == cudaSuccess);
    check(function<decltype(&cuModuleLoadData)>("cuModuleLoadData")(&module_, code) == CUDA_SUCCESS);
    check(function<decltype(&cuModuleGetFunction)>("cuModuleGetFunction")(&kernel_, module_, "fill") == CUDA_SUCCESS);
    int registers = 0;  // loads it: its first launch would wait for the device
    check(function<decltype(&cuFuncGetAttribute)>("cuFuncGetAttribute")(&registers, CU_FUNC_ATTRIBUTE_NUM_REGS,
                                                                        kernel_) == CUDA_SUCCESS);
  }
  void launch(cudaStream_t stream) const {
    CUlaunchAttribute early{};
    early.id = CU_LAUNCH_ATTRIBUTE_PROGRAMMATIC_STREAM_SERIALIZATION;
    early.value.programmaticStreamSerializationAllowed = 1;
    CUlaunchConfig config{};
    config.gridDimX = static_cast<unsigned>(4 * multiprocessors_);
    config.gridDimY = config.gridDimZ = config.blockDimY = config.blockDimZ = 1;
    config.blockDimX = 1024;
    config.hStream = stream;
    config.attrs = &early;
    config.numAttrs = 1;
    check(function<decltype(&cuLaunchKernelEx)>("cuLaunchKernelEx")(&config, kernel_, nullptr, nullptr) ==
          CUDA_SUCCESS);
  }

 private:
  static void check(bool done) {
    if (!done) throw std::runtime_error("the kernel that fills a device cannot be launched");
  }
  /// Of the driver, which is loaded and need not be where this is built.
  template <class Function>
  static Function function(const char* name) {
    static void* const driver = ::dlopen("libcuda.so.1", RTLD_NOW);
    check(driver != nullptr);
    return reinterpret_cast<Function>(::dlsym(driver, name));
  }

  int multiprocessors_ = 0;
  CUmodule module_ = nullptr;
  CUfunction kernel_ = nullptr;
};

TEST_P(CommunicatorsCuda, RunsTwoCommunicatorsAtOnceInOppositeOrder) {
  const int ranks = GetParam();
  Ranks group(ranks);
  const DecisionFile decision("ONESHOT");
  group.run([&](int rank) {
    Trial a(rank, ranks, {ARBITER_BFLOAT16, ARBITER_NONE, 512, 4096}, 3);
    Trial b(rank, ranks, {ARBITER_BFLOAT16, ARBITER_RESIDUAL_RMS_NORM, 256, 4096}, 4);
    const Comm first(group.options(rank, decision, 0), 4 * mebibyte);
    const Comm second(group.options(rank, decision, 1), 4 * mebibyte);
    for (int i = 0; i < 50; ++i) {
      if (rank % 2 == 0) {
        first.enqueue(a);
        second.enqueue(b);
      } else {
        second.enqueue(b);
        first.enqueue(a);
      }
    }
    EXPECT_LE(a.worst(), 1.0);
    EXPECT_LE(b.worst(), 1.0);
  });
}

/// A kernel launched after a call must not occupy the multiprocessors that the other communicator needs.
TEST_P(CommunicatorsCuda, RunInOppositeOrderWithProgrammaticKernelsBehindThem) {
  int major = 0;
  ASSERT_EQ(cudaDeviceGetAttribute(&major, cudaDevAttrComputeCapabilityMajor, 0), cudaSuccess);
  if (major < 9) GTEST_SKIP() << "no programmatic launches before sm_90";
  const int ranks = GetParam();
  Ranks group(ranks);
  for (const char* strategy : {"ONESHOT", "ONESHOT_PLAIN", "TWOSHOT", "TWOSHOT_PLAIN"}) {
    const DecisionFile decision(strategy);
    group.run([&](int rank) {
      auto options = std::array{group.options(rank, decision, 0), group.options(rank, decision, 1)};
      for (auto& each : options) each.timeout_ms = 2000;
      Trial a(rank, ranks, {ARBITER_BFLOAT16, ARBITER_NONE, 16, 4096}, 3);
      Trial b(rank, ranks, {ARBITER_BFLOAT16, ARBITER_RESIDUAL_RMS_NORM, 16, 4096}, 4);
      const FillingKernel filling;
      const Comm first(options[0], mebibyte);
      const Comm second(options[1], mebibyte);
      const auto call = [&](const Comm& comm, const Trial& trial) {
        comm.enqueue(trial);
        filling.launch(comm.stream());
        std::this_thread::sleep_for(50ms);  // until it would have filled the device
      };
      for (int i = 0; i < 3; ++i) {
        if (rank % 2 == 0) {
          call(first, a);
          call(second, b);
        } else {
          call(second, b);
          call(first, a);
        }
      }
      EXPECT_LE(a.worst(), 1.0) << strategy;
      EXPECT_LE(b.worst(), 1.0) << strategy;
      for (const Comm* comm : {&first, &second}) {
        EXPECT_EQ(arbiter_comm_async_error(comm->get()), ARBITER_OK) << strategy;
      }
    });
  }
}

INSTANTIATE_TEST_SUITE_P(Ranks, CommunicatorsCuda, ::testing::Values(2, 4));

}  // namespace
