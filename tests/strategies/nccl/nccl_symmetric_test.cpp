// SPDX-License-Identifier: Apache-2.0
// Many symmetric windows: as many as a long sweep makes, and more.
#include <array>
#include <chrono>
#include <cstdlib>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <cuda_runtime_api.h>
#include <fmt/format.h>
#include <gmock/gmock.h>

#include "arbiter/cuda/cuda_backend.hpp"
#include "arbiter/process_group.hpp"
#include "arbiter/strategy.hpp"
#include "measure/problem_tensors.hpp"
#include "measure/verification.hpp"
#include "nccl_world.hpp"
#include "symmetric_windows.hpp"

namespace {

using namespace arbiter;
using namespace arbiter::test;
using ::testing::HasSubstr;

/// ARBITER_WINDOW_CYCLES, or 1000.
int cycles() {
  const char* text = std::getenv("ARBITER_WINDOW_CYCLES");
  return text == nullptr ? 1000 : std::atoi(text);
}

cuda::CudaBackend& cuda_backend() { return dynamic_cast<cuda::CudaBackend&>(backend()); }

constexpr std::array<std::int64_t, 8> tokens{1, 2, 3, 8, 1, 64, 33, 256};
constexpr std::array<std::int64_t, 5> hidden{4096, 1024, 2880, 512, 8192};

/// Of 1 KiB to 4 MiB, and now and then 16 MiB: the backend's allocations are of 2 MiB or more.
Problem problem_of(int cycle) {
  const auto at = static_cast<std::size_t>(cycle);
  const std::int64_t rows = cycle % 50 == 49 ? 1024 : tokens[at % tokens.size()];
  return {world().size(), DType::bfloat16, "NONE", hidden[at % hidden.size()], rows};
}

class NcclSymmetricWindows : public ::testing::Test {
 protected:
  void SetUp() override {
    if (const Support available = backend().available(); !available) GTEST_SKIP() << available.reason;
    if (const Support windows = nccl::supports_windows(); !windows) GTEST_SKIP() << windows.reason;
    ASSERT_NE(cuda_backend().stream(), nullptr);  // takes the device
    const auto buffer = backend().allocate(1);
    if (!world().all(cuda_backend().allocation_id(buffer->data()) != 0)) {
      GTEST_SKIP() << "the backend's memory is cudaMalloc's, which takes no symmetric window";
    }
  }

  /// Each failure with its cycle; stops after the tenth.
  void report(int cycle, const std::string& what) {
    failures_.push_back(fmt::format("cycle {}: {}", cycle, what));
    if (world().rank() == 0) fmt::print(stderr, "{}\n", failures_.back());
  }
  [[nodiscard]] bool goes_on() const { return failures_.size() < 10; }

  std::vector<std::string> failures_;
};

TEST_F(NcclSymmetricWindows, OutlastManyOperationsOfSeveralStrategies) {
  const std::array strategies{make<Strategy>(PluginKind::strategy, "NCCL_SYMMETRIC"),
                              make<Strategy>(PluginKind::strategy, "NCCL_SYMMETRIC"),
                              make<Strategy>(PluginKind::strategy, "NCCL_SYMMETRIC")};
  const auto none = make<Fusion>(PluginKind::fusion, "NONE");
  for (int cycle = 0; cycle < cycles() && goes_on(); ++cycle) {
    const Problem problem = problem_of(cycle);
    Strategy& strategy = *strategies[static_cast<std::size_t>(cycle) % strategies.size()];
    const auto failure = failure_of([&] {
      ProblemTensors tensors(problem, *none, backend(), world().rank(), {7, false});
      const auto operation = strategy.prepare({problem, world(), backend(), *none, std::chrono::seconds(10), {}});
      const auto verified = verify(*operation, problem, *none, tensors, backend(), world(),
                                   allowed_share(Numerics::library, false, problem));
      if (!verified.passed()) throw Error(verified.reason);
    });
    if (const auto agreed = first_failure(failure, world()); !agreed.empty()) {
      report(cycle, fmt::format("{}: {}", to_string(problem), agreed));
    }
  }
  EXPECT_THAT(failures_, ::testing::IsEmpty());
}

TEST_F(NcclSymmetricWindows, AreMadeOncePerAllocation) {
  nccl::SymmetricWindows windows(world(), cuda_backend(), std::chrono::seconds(10));
  const auto first = backend().allocate(std::size_t{8} << 20U);
  const auto second = backend().allocate(100);
  for (int turn = 0; turn < 10; ++turn) {
    const auto pair = windows.obtain(first->data(), second->data());
    const auto swapped = windows.obtain(second->data(), first->data());
    EXPECT_EQ(pair[0], swapped[1]);
    EXPECT_EQ(pair[1], swapped[0]);
    EXPECT_NE(pair[0], pair[1]);
  }
  const auto both = windows.obtain(first->data(), static_cast<char*>(first->data()) + 4096);
  EXPECT_EQ(both[0], both[1]);
  EXPECT_EQ(windows.registrations(), 2);
}

TEST_F(NcclSymmetricWindows, MakeRoomForEachOther) {
  nccl::SymmetricWindows windows(world(), cuda_backend(), std::chrono::seconds(10));
  std::vector<std::unique_ptr<Buffer>> buffers;
  buffers.reserve(40);
  for (int i = 0; i < 40; ++i) buffers.push_back(backend().allocate(100));
  for (int turn = 0; turn < 3; ++turn) {
    for (std::size_t i = 0; i + 1 < buffers.size(); i += 2) {
      const auto pair = windows.obtain(buffers[i]->data(), buffers[i + 1]->data());
      EXPECT_NE(pair[0], pair[1]);
    }
  }
  EXPECT_EQ(windows.registrations(), 120);
}

TEST_F(NcclSymmetricWindows, RefuseMemoryThatDiffersBetweenRanksOnEveryRank) {
  nccl::SymmetricWindows windows(world(), cuda_backend(), std::chrono::seconds(10));
  const auto same = backend().allocate(100);
  const auto other = backend().allocate(world().rank() == 1 ? std::size_t{64} << 20U : 100);
  const auto failure = failure_of([&] { static_cast<void>(windows.obtain(same->data(), other->data())); });
  EXPECT_THAT(failure, HasSubstr("symmetric windows need the same memory on every rank"));
  const auto elsewhere = static_cast<char*>(same->data()) + (world().rank() == 1 ? 4096 : 0);
  EXPECT_NE(failure_of([&] { static_cast<void>(windows.obtain(elsewhere, same->data())); }), "");
  EXPECT_TRUE(windows.usable());
  EXPECT_EQ(windows.registrations(), 0);
}

TEST_F(NcclSymmetricWindows, RefuseMemoryOfOthersOnEveryRank) {
  nccl::SymmetricWindows windows(world(), cuda_backend(), std::chrono::seconds(10));
  const auto own = backend().allocate(100);
  void* foreign = nullptr;
  ASSERT_EQ(cudaMalloc(&foreign, 100), cudaSuccess);
  void* output = world().rank() == 1 ? foreign : own->data();
  EXPECT_THAT(failure_of([&] { static_cast<void>(windows.obtain(own->data(), output)); }),
              HasSubstr("takes no symmetric window"));
  EXPECT_TRUE(windows.usable());
  EXPECT_EQ(cudaFree(foreign), cudaSuccess);
}

/// What NCCL itself does when each problem has windows of its own, as the strategy had them once. Not of this project,
/// so it runs only with --gtest_also_run_disabled_tests; NCCL may hang in it after the first failure.
TEST_F(NcclSymmetricWindows, DISABLED_OfNcclAreRegisteredAndDeregisteredOften) {
  const auto stream = static_cast<cudaStream_t>(cuda_backend().stream());
  std::vector<std::unique_ptr<nccl::Communicator>> communicators;
  communicators.reserve(3);
  for (int i = 0; i < 3; ++i) {
    communicators.push_back(std::make_unique<nccl::Communicator>(world(), nccl::Choices{}, stream));
  }
  for (int cycle = 0; cycle < cycles() && goes_on(); ++cycle) {
    nccl::Communicator& communicator = *communicators[static_cast<std::size_t>(cycle) % communicators.size()];
    const Problem problem = problem_of(cycle);
    const auto bytes = (static_cast<std::size_t>(problem.message_bytes()) + 4095) / 4096 * 4096;
    const auto failure = failure_of([&] {
      std::array<std::unique_ptr<Buffer>, 2> buffers;
      std::array<ncclWindow_t, 2> windows{};
      for (std::size_t i = 0; i < 2; ++i) {
        buffers[i] = backend().allocate(bytes);
        communicator.check(
            ncclCommWindowRegister(communicator.get(), buffers[i]->data(), bytes, &windows[i], NCCL_WIN_COLL_SYMMETRIC),
            fmt::format("register {} bytes, window {}", bytes, i));
      }
      communicator.check(ncclAllReduce(buffers[0]->data(), buffers[1]->data(), bytes / 2, ncclBfloat16, ncclSum,
                                       communicator.get(), stream),
                         "ncclAllReduce");
      if (cudaStreamSynchronize(stream) != cudaSuccess) throw Error("the stream failed");
      for (ncclWindow_t window : windows) {
        communicator.check(ncclCommWindowDeregister(communicator.get(), window), "deregister");
      }
    });
    if (!failure.empty()) report(cycle, fmt::format("rank {}: {}", world().rank(), failure));
  }
  EXPECT_THAT(failures_, ::testing::IsEmpty());
}

}  // namespace
