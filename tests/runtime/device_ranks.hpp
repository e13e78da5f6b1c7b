// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <cuda_runtime_api.h>
#include <gtest/gtest.h>

#include "arbiter/runtime.h"
#include "rms_norm/rms_norm_fusion.hpp"
#include "support/fusions_harness.hpp"

namespace arbiter::test {

/// GPUs of this machine; 0 without a driver.
[[nodiscard]] int gpus();

/// A file with a decision: everything of all dtypes and fusions, of 2, 4 and 8 ranks, by `strategy`; "MIXED" is another
/// one for each fusion. Removed at the end.
class DecisionFile {
 public:
  explicit DecisionFile(const std::string& strategy);
  ~DecisionFile();
  DecisionFile(const DecisionFile&) = delete;
  DecisionFile& operator=(const DecisionFile&) = delete;
  [[nodiscard]] const char* path() const { return path_.c_str(); }

 private:
  std::string path_;
};

/// Ranks as threads of this process, each with a GPU, which they share if there are fewer.
class Ranks {
 public:
  explicit Ranks(int size);
  ~Ranks();

  /// Runs `work(rank)` on a thread for each rank, with its device current.
  void run(const std::function<void(int)>& work);
  [[nodiscard]] int size() const { return size_; }
  /// For a rank's communicator. Communicators that are used at the same time have different channels, 0 to 3.
  [[nodiscard]] arbiter_comm_options options(int rank, const DecisionFile& decision, int channel = 0);

 private:
  struct Exchange;
  struct Member;

  int size_;
  std::vector<std::unique_ptr<Exchange>> exchanges_;
  std::vector<std::unique_ptr<Member>> members_;
};

/// A test that is run with that many ranks.
class OnGpus : public ::testing::TestWithParam<int> {
 protected:
  void SetUp() override {
    if (gpus() == 0) GTEST_SKIP() << "there is no GPU";
    if (gpus() > 1 && gpus() < GetParam()) GTEST_SKIP() << "there are fewer GPUs than ranks";
  }
};

constexpr std::size_t mebibyte = std::size_t{1} << 20U;

/// One AllReduce of one rank, in memory of its device: inputs, outputs, and whether those are right.
class Trial {
 public:
  struct Shape {
    arbiter_dtype dtype = ARBITER_BFLOAT16;
    arbiter_fusion fusion = ARBITER_NONE;
    std::int64_t num_tokens = 1;
    std::int64_t hidden_size = 4096;  ///< 0: without rows
  };
  Trial(int rank, int ranks, const Shape& shape, std::uint32_t seed = 1, bool in_place = false);

  [[nodiscard]] const arbiter_operation& operation() const { return operation_; }
  /// Uploads inputs again, and fills outputs with rubbish.
  void reset();
  /// Downloads; returns the largest error as a share of the allowed one.
  [[nodiscard]] double worst(FusionHarness::Order order = FusionHarness::Order::of_ranks);
  /// All outputs since worst(), for comparison between ranks.
  [[nodiscard]] const std::vector<std::uint8_t>& outputs() const { return outputs_; }

 private:
  [[nodiscard]] std::shared_ptr<std::uint8_t> on_device(std::size_t bytes);

  int rank_;
  bool in_place_;
  std::unique_ptr<Fusion> fusion_;
  std::unique_ptr<FusionHarness> harness_;
  std::shared_ptr<std::uint8_t> input_;
  std::vector<std::shared_ptr<std::uint8_t>> tensors_;
  std::vector<std::uint8_t> outputs_;
  arbiter_operation operation_ = ARBITER_OPERATION_INIT;
};

/// A communicator of one rank, for its thread.
class Comm {
 public:
  Comm(const arbiter_comm_options& options, std::size_t bytes) {
    EXPECT_EQ(arbiter_comm_create(&comm_, &options), ARBITER_OK) << arbiter_last_error();
    if (comm_ != nullptr) {
      EXPECT_EQ(arbiter_comm_reserve(comm_, bytes), ARBITER_OK) << arbiter_last_error();
    }
    EXPECT_EQ(cudaStreamCreateWithFlags(&stream_, cudaStreamNonBlocking), cudaSuccess);
  }
  ~Comm() {
    EXPECT_EQ(cudaStreamSynchronize(stream_), cudaSuccess);
    EXPECT_EQ(arbiter_comm_destroy(comm_), ARBITER_OK) << arbiter_last_error();
    cudaStreamDestroy(stream_);
  }
  Comm(const Comm&) = delete;
  Comm& operator=(const Comm&) = delete;

  [[nodiscard]] arbiter_comm_t get() const { return comm_; }
  [[nodiscard]] cudaStream_t stream() const { return stream_; }
  void enqueue(const Trial& trial) const { enqueue(trial, stream_); }
  void enqueue(const Trial& trial, cudaStream_t stream) const {
    EXPECT_EQ(arbiter_all_reduce(comm_, &trial.operation(), stream), ARBITER_OK) << arbiter_last_error();
  }

 private:
  arbiter_comm_t comm_ = nullptr;
  cudaStream_t stream_ = nullptr;
};

}  // namespace arbiter::test
