// SPDX-License-Identifier: Apache-2.0
// The runtime with ranks that are processes: they share memory, and one that ends is noticed by all others. Each rank
// is this program again, with DISABLED_Work as its only test.
#include <array>
#include <atomic>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <string>
#include <thread>

#include <fcntl.h>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <sys/mman.h>
#include <unistd.h>

#include "device_ranks.hpp"
#include "support/process.hpp"
#include "support/temp_dir.hpp"

namespace {

using namespace arbiter::test;
using arbiter::testing::Process;
using ::testing::AnyOf;
using ::testing::HasSubstr;

/// An all-gather over a file that all ranks map; zero at first.
struct Shared {
  static constexpr std::size_t most = 65536;
  std::array<std::atomic<std::uint64_t>, 8> written;
  std::array<std::atomic<std::uint64_t>, 8> read;
  std::array<std::array<std::byte, most>, 8> bytes;
};

class FileGather {
 public:
  FileGather(const std::string& file, int rank, int size) : rank_(rank), size_(size) {
    const int descriptor = ::open(file.c_str(), O_RDWR | O_CLOEXEC);
    void* const mapped = ::mmap(nullptr, sizeof(Shared), PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0);
    ::close(descriptor);
    if (mapped == MAP_FAILED) throw std::runtime_error("cannot map " + file);
    shared_ = static_cast<Shared*>(mapped);
  }
  static int gather(void* context, const void* send, void* receive, std::size_t bytes) {
    return static_cast<FileGather*>(context)->run(send, receive, bytes);
  }

 private:
  int run(const void* send, void* receive, std::size_t bytes) {
    if (bytes > Shared::most) return 1;
    ++turn_;
    const auto wait = [&](const auto& counters, std::uint64_t until) {
      for (int rank = 0; rank < size_; ++rank) {
        while (counters[static_cast<std::size_t>(rank)] < until) std::this_thread::yield();
      }
    };
    wait(shared_->read, turn_ - 1);
    const auto own = static_cast<std::size_t>(rank_);
    std::memcpy(shared_->bytes[own].data(), send, bytes);
    shared_->written[own] = turn_;
    wait(shared_->written, turn_);
    for (int rank = 0; rank < size_; ++rank) {
      std::memcpy(static_cast<std::byte*>(receive) + bytes * static_cast<std::size_t>(rank),
                  shared_->bytes[static_cast<std::size_t>(rank)].data(), bytes);
    }
    shared_->read[own] = turn_;
    return 0;
  }

  Shared* shared_;
  int rank_;
  int size_;
  std::uint64_t turn_ = 0;
};

std::string variable(const char* name) {
  const char* const value = std::getenv(name);
  return value == nullptr ? "" : value;
}

TEST(RuntimeRank, DISABLED_Work) {
  const int rank = std::stoi(variable("TEST_RANK"));
  const int size = std::stoi(variable("TEST_SIZE"));
  const std::string decision = variable("TEST_DECISION");
  FileGather gather(variable("TEST_FILE"), rank, size);
  ASSERT_EQ(cudaSetDevice(rank % gpus()), cudaSuccess);
  arbiter_comm_options options = ARBITER_COMM_OPTIONS_INIT;
  options.rank = rank;
  options.size = size;
  options.device = rank % gpus();
  options.all_gather = FileGather::gather;
  options.all_gather_context = &gather;
  options.nccl_library = "";
  options.decision_path = decision.c_str();
  options.timeout_ms = variable("TEST_TIMEOUT").empty() ? 0 : 20000;
  arbiter_comm_t comm = nullptr;
  ASSERT_EQ(arbiter_comm_create(&comm, &options), ARBITER_OK) << arbiter_last_error();
  ASSERT_EQ(arbiter_comm_reserve(comm, 1 << 20), ARBITER_OK) << arbiter_last_error();
  cudaStream_t stream = nullptr;
  ASSERT_EQ(cudaStreamCreateWithFlags(&stream, cudaStreamNonBlocking), cudaSuccess);
  Trial trial(rank, size, {ARBITER_BFLOAT16, ARBITER_RESIDUAL_RMS_NORM, 16, 4096});
  for (int i = 0; i < 20; ++i) {
    ASSERT_EQ(arbiter_all_reduce(comm, &trial.operation(), stream), ARBITER_OK) << arbiter_last_error();
  }
  EXPECT_LE(trial.worst(), 1.0);
  if (variable("TEST_DIES") == std::to_string(rank)) ::kill(::getpid(), SIGKILL);
  if (!variable("TEST_DIES").empty()) {
    // Refused if the end was seen already, given up otherwise.
    EXPECT_THAT(arbiter_all_reduce(comm, &trial.operation(), stream), AnyOf(ARBITER_OK, ARBITER_PEER_LOST));
    EXPECT_EQ(cudaStreamSynchronize(stream), cudaSuccess);
    EXPECT_EQ(arbiter_comm_async_error(comm), ARBITER_PEER_LOST);
    EXPECT_EQ(arbiter_all_reduce(comm, &trial.operation(), stream), ARBITER_PEER_LOST);
    EXPECT_THAT(arbiter_last_error(), HasSubstr("the process of rank " + variable("TEST_DIES") + " has ended"));
  }
  EXPECT_EQ(arbiter_comm_destroy(comm), ARBITER_OK) << arbiter_last_error();
  cudaStreamDestroy(stream);
}

class RuntimeProcesses : public ::testing::TestWithParam<int> {
 protected:
  void SetUp() override {
    if (gpus() < GetParam()) GTEST_SKIP() << "there are " << gpus() << " GPUs for " << GetParam() << " ranks";
    file_ = (folder_.path() / "gather").string();
    const int descriptor = ::open(file_.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    ASSERT_EQ(::ftruncate(descriptor, sizeof(Shared)), 0);
    ::close(descriptor);
  }

  void start(const std::string& more) {
    for (int rank = 0; rank < GetParam(); ++rank) {
      ranks_.push_back(std::make_unique<Process>(
          std::vector<std::string>{"/proc/self/exe", "--gtest_also_run_disabled_tests",
                                   "--gtest_filter=RuntimeRank.DISABLED_Work"},
          std::vector<std::string>{fmt::format("TEST_RANK={}", rank), fmt::format("TEST_SIZE={}", GetParam()),
                                   "TEST_FILE=" + file_, fmt::format("TEST_DECISION={}", decision_.path()), more}));
    }
  }

  TempDir folder_;
  std::string file_;
  DecisionFile decision_{"TWOSHOT"};
  std::vector<std::unique_ptr<Process>> ranks_;
};

TEST_P(RuntimeProcesses, ReduceTogether) {
  start("TEST_TIMEOUT=1");
  for (auto& rank : ranks_) EXPECT_EQ(rank->wait(std::chrono::seconds(60)), 0) << rank->output();
}

TEST_P(RuntimeProcesses, NoticeThatOneHasEnded) {
  start("TEST_DIES=1");
  for (int rank = 0; rank < GetParam(); ++rank) {
    const int code = ranks_[static_cast<std::size_t>(rank)]->wait(std::chrono::seconds(60));
    EXPECT_EQ(code, rank == 1 ? 128 + SIGKILL : 0) << ranks_[static_cast<std::size_t>(rank)]->output();
  }
}

INSTANTIATE_TEST_SUITE_P(Ranks, RuntimeProcesses, ::testing::Values(2, 4));

}  // namespace
