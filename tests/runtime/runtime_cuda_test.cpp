// SPDX-License-Identifier: Apache-2.0
// The runtime on GPUs, through its C API: ranks are threads, each with its device.
#include <array>
#include <chrono>
#include <random>
#include <thread>

#include <gtest/gtest.h>

#include "device_ranks.hpp"

namespace {

using namespace arbiter::test;

/// The outputs of all ranks, which must be the same bits.
class Outputs {
 public:
  explicit Outputs(int ranks) : all_(static_cast<std::size_t>(ranks)) {}
  void set(int rank, const std::vector<std::uint8_t>& bytes) { all_[static_cast<std::size_t>(rank)] = bytes; }
  void expect_equal() const {
    for (const auto& each : all_) EXPECT_TRUE(each == all_.front()) << "the ranks' outputs differ";
  }

 private:
  std::vector<std::vector<std::uint8_t>> all_;
};

using RuntimeCuda = OnGpus;

void expect_right(int ranks, const char* strategy, const std::vector<Trial::Shape>& shapes, bool in_place,
                  std::size_t reserved) {
  Ranks group(ranks);
  const DecisionFile decision(strategy);
  for (const Trial::Shape& shape : shapes) {
    SCOPED_TRACE(::testing::Message() << strategy << " dtype " << shape.dtype << " fusion " << shape.fusion << " "
                                      << shape.num_tokens << " x " << shape.hidden_size);
    Outputs outputs(ranks);
    group.run([&](int rank) {
      const Comm comm(group.options(rank, decision), reserved);
      Trial trial(rank, ranks, shape, 7, in_place);
      for (int turn = 0; turn < 3; ++turn) {
        trial.reset();
        comm.enqueue(trial);
        EXPECT_LE(trial.worst(), 1.0) << "rank " << rank << ", turn " << turn;
      }
      outputs.set(rank, trial.outputs());
    });
    outputs.expect_equal();
  }
}

std::vector<Trial::Shape> sums() {
  std::vector<Trial::Shape> shapes;
  for (const auto dtype : {ARBITER_BFLOAT16, ARBITER_FLOAT16, ARBITER_FLOAT32}) {
    for (const auto& [tokens, hidden] : {std::pair{1, 4096}, {33, 1000}, {1, 7}, {512, 2048}, {1023, 0}, {1, 0}}) {
      shapes.push_back({dtype, ARBITER_NONE, tokens, hidden});
    }
  }
  return shapes;
}

std::vector<Trial::Shape> norms() {
  std::vector<Trial::Shape> shapes;
  for (const auto fusion :
       {ARBITER_RESIDUAL_RMS_NORM, ARBITER_RESIDUAL_RMS_NORM_QUANT_FP8, ARBITER_RESIDUAL_RMS_NORM_QUANT_NVFP4}) {
    for (const auto& [tokens, hidden] : {std::pair{1, 4096}, {3, 8192}, {200, 1024}, {65, 5120}, {2, 16384}}) {
      shapes.push_back({tokens % 2 == 0 ? ARBITER_FLOAT16 : ARBITER_BFLOAT16, fusion, tokens, hidden});
    }
  }
  return shapes;
}

TEST_P(RuntimeCuda, SumsInEveryDtypeAndShape) {
  for (const char* strategy : {"ONESHOT", "ONESHOT_PLAIN", "TWOSHOT", "TWOSHOT_PLAIN"}) {
    expect_right(GetParam(), strategy, sums(), false, 8 * mebibyte);
  }
}

TEST_P(RuntimeCuda, FusesNorms) {
  for (const char* strategy : {"ONESHOT", "ONESHOT_PLAIN", "TWOSHOT", "TWOSHOT_PLAIN"}) {
    expect_right(GetParam(), strategy, norms(), false, 8 * mebibyte);
  }
}

TEST_P(RuntimeCuda, WorksInPlace) {
  for (const char* strategy : {"ONESHOT_PLAIN", "TWOSHOT"}) {
    expect_right(GetParam(), strategy,
                 {{ARBITER_BFLOAT16, ARBITER_NONE, 128, 4096}, {ARBITER_FLOAT32, ARBITER_NONE, 100003, 0}, norms()[3]},
                 true, 8 * mebibyte);
  }
}

TEST_P(RuntimeCuda, CutsMessagesThatAreLargerThanReservedIntoChunks) {
  for (const char* strategy : {"ONESHOT", "TWOSHOT_PLAIN"}) {
    expect_right(GetParam(), strategy,
                 {{ARBITER_BFLOAT16, ARBITER_NONE, 1000001, 0},
                  {ARBITER_BFLOAT16, ARBITER_NONE, 1001, 1000},
                  {ARBITER_BFLOAT16, ARBITER_RESIDUAL_RMS_NORM, 300, 4096},
                  {ARBITER_FLOAT16, ARBITER_RESIDUAL_RMS_NORM_QUANT_NVFP4, 300, 1024}},
                 false, mebibyte / 4);
  }
}

TEST_P(RuntimeCuda, ReplaysGraphsInAnyOrderMixedWithEagerCalls) {
  const int ranks = GetParam();
  Ranks group(ranks);
  const DecisionFile decision("TWOSHOT");
  group.run([&](int rank) {
    const Comm comm(group.options(rank, decision), mebibyte);
    std::vector<Trial> trials;
    for (const Trial::Shape& shape : {Trial::Shape{ARBITER_BFLOAT16, ARBITER_NONE, 5, 2048},
                                      {ARBITER_FLOAT16, ARBITER_RESIDUAL_RMS_NORM, 17, 4096},
                                      {ARBITER_FLOAT32, ARBITER_NONE, 4097, 0}}) {
      trials.emplace_back(rank, ranks, shape);
    }
    std::array<cudaGraphExec_t, 2> graphs{};
    for (auto& executable : graphs) {
      cudaGraph_t graph = nullptr;
      ASSERT_EQ(cudaStreamBeginCapture(comm.stream(), cudaStreamCaptureModeThreadLocal), cudaSuccess);
      for (const Trial& trial : trials) comm.enqueue(trial);
      if (&executable == &graphs.front()) comm.enqueue(trials[0]);
      ASSERT_EQ(cudaStreamEndCapture(comm.stream(), &graph), cudaSuccess);
      ASSERT_EQ(cudaGraphInstantiate(&executable, graph, 0), cudaSuccess);
      cudaGraphDestroy(graph);
    }
    for (const int step : {0, 1, 1, 2, 0, 2, 2, 1, 0, 0}) {
      if (step == 2) {
        comm.enqueue(trials[1]);
      } else {
        ASSERT_EQ(cudaGraphLaunch(graphs.at(static_cast<std::size_t>(step)), comm.stream()), cudaSuccess);
      }
    }
    for (Trial& trial : trials) EXPECT_LE(trial.worst(), 1.0) << "rank " << rank;
    for (auto& executable : graphs) cudaGraphExecDestroy(executable);
  });
}

TEST_P(RuntimeCuda, RunsRandomShapesAndFusionsBackToBack) {
  const int ranks = GetParam();
  Ranks group(ranks);
  const DecisionFile decision("MIXED");
  group.run([&](int rank) {
    const Comm comm(group.options(rank, decision), mebibyte);
    std::mt19937 random(11);  // the same on every rank
    const auto up_to = [&](int most) { return std::uniform_int_distribution<int>(1, most)(random); };
    const auto any = [&] { return static_cast<std::size_t>(up_to(12) - 1); };
    std::vector<Trial> trials;
    trials.reserve(12);
    for (unsigned i = 0; i < 12; ++i) {
      Trial::Shape shape;
      shape.fusion = static_cast<arbiter_fusion>(i % 4);
      shape.dtype = up_to(2) == 1 ? ARBITER_BFLOAT16 : ARBITER_FLOAT16;
      shape.num_tokens = up_to(40);
      shape.hidden_size = shape.fusion == ARBITER_NONE ? up_to(5000) : 128 * up_to(64);
      trials.emplace_back(rank, ranks, shape, i);
    }
    cudaGraph_t graph = nullptr;
    cudaGraphExec_t executable = nullptr;
    ASSERT_EQ(cudaStreamBeginCapture(comm.stream(), cudaStreamCaptureModeThreadLocal), cudaSuccess);
    for (int i = 0; i < 100; ++i) comm.enqueue(trials[any()]);
    ASSERT_EQ(cudaStreamEndCapture(comm.stream(), &graph), cudaSuccess);
    ASSERT_EQ(cudaGraphInstantiate(&executable, graph, 0), cudaSuccess);
    cudaGraphDestroy(graph);
    for (int turn = 0; turn < 30; ++turn) {
      ASSERT_EQ(cudaGraphLaunch(executable, comm.stream()), cudaSuccess);
      for (int eager = up_to(5); eager > 1; --eager) comm.enqueue(trials[any()]);
    }
    for (const Trial& trial : trials) comm.enqueue(trial);
    for (Trial& trial : trials) EXPECT_LE(trial.worst(), 1.0) << "rank " << rank;
    cudaGraphExecDestroy(executable);
  });
}

TEST_P(RuntimeCuda, SumsNansOfAllBitsWithoutWaitingForThem) {
  const int ranks = GetParam();
  Ranks group(ranks);
  for (const char* strategy : {"ONESHOT", "TWOSHOT"}) {
    const DecisionFile decision(strategy);
    Outputs outputs(ranks);
    group.run([&](int rank) {
      const Comm comm(group.options(rank, decision), mebibyte);
      Trial trial(rank, ranks, {ARBITER_BFLOAT16, ARBITER_NONE, 8, 4096});
      void* const input = const_cast<void*>(trial.operation().input);
      ASSERT_EQ(cudaMemset(input, 0xff, 65536), cudaSuccess);
      ASSERT_EQ(cudaDeviceSynchronize(), cudaSuccess);
      comm.enqueue(trial);
      static_cast<void>(trial.worst());
      for (std::size_t i = 1; i < trial.outputs().size(); i += 2) {
        ASSERT_EQ(trial.outputs()[i] & 0x7fU, 0x7fU) << "no NaN at byte " << i;
      }
      outputs.set(rank, trial.outputs());
    });
    outputs.expect_equal();
  }
}

TEST_P(RuntimeCuda, GoesToNcclWithTheFusionBehindIt) {
  const int ranks = GetParam();
  if (gpus() < ranks) GTEST_SKIP() << "NCCL needs a GPU for each rank";
  Ranks group(ranks);
  const DecisionFile decision("NCCL");
  group.run([&](int rank) {
    auto options = group.options(rank, decision);
    options.nccl_library = nullptr;
    const Comm comm(options, mebibyte);
    arbiter_comm_info info = ARBITER_COMM_INFO_INIT;
    ASSERT_EQ(arbiter_comm_get_info(comm.get(), &info), ARBITER_OK);
    if (info.has_nccl == 0) return;  // and what goes there is refused
    for (const auto fusion : {ARBITER_NONE, ARBITER_RESIDUAL_RMS_NORM, ARBITER_RESIDUAL_RMS_NORM_QUANT_FP8,
                              ARBITER_RESIDUAL_RMS_NORM_QUANT_NVFP4}) {
      // More than is reserved: the fused ones go in chunks.
      Trial trial(rank, ranks, {ARBITER_FLOAT32, fusion, 300, 1024});
      arbiter_choice choice = ARBITER_CHOICE_INIT;
      EXPECT_EQ(arbiter_explain(comm.get(), &trial.operation(), &choice), ARBITER_OK);
      EXPECT_EQ(choice.path, ARBITER_PATH_NCCL) << choice.reason;
      comm.enqueue(trial);
      EXPECT_LE(trial.worst(FusionHarness::Order::any), 1.0) << "fusion " << fusion;
    }
  });
}

TEST_P(RuntimeCuda, OrdersCallsOnSeveralStreams) {
  const int ranks = GetParam();
  Ranks group(ranks);
  const DecisionFile decision("ONESHOT");
  group.run([&](int rank) {
    const Comm comm(group.options(rank, decision), mebibyte);
    std::array<cudaStream_t, 3> streams{};
    for (auto& stream : streams) ASSERT_EQ(cudaStreamCreateWithFlags(&stream, cudaStreamNonBlocking), cudaSuccess);
    std::vector<Trial> trials;
    trials.reserve(3);
    for (unsigned i = 0; i < 3; ++i) {
      trials.emplace_back(rank, ranks, Trial::Shape{ARBITER_BFLOAT16, ARBITER_NONE, 64, 4096}, 3 + i);
    }
    std::mt19937 random(5);  // the same order on every rank
    for (int i = 0; i < 60; ++i) {
      const auto which = random() % 3;
      comm.enqueue(trials[which], streams.at(random() % 3));
    }
    for (Trial& trial : trials) EXPECT_LE(trial.worst(), 1.0) << "rank " << rank;
    for (auto& stream : streams) cudaStreamDestroy(stream);
  });
}

TEST_P(RuntimeCuda, WaitsForLateRanks) {
  const int ranks = GetParam();
  Ranks group(ranks);
  const DecisionFile decision("TWOSHOT_PLAIN");
  group.run([&](int rank) {
    const Comm comm(group.options(rank, decision), mebibyte);
    Trial trial(rank, ranks, {ARBITER_BFLOAT16, ARBITER_RESIDUAL_RMS_NORM, 8, 8192});
    std::mt19937 random(static_cast<unsigned>(rank));
    for (int i = 0; i < 6; ++i) {
      std::this_thread::sleep_for(std::chrono::milliseconds(random() % 30));
      comm.enqueue(trial);
    }
    EXPECT_LE(trial.worst(), 1.0);
  });
}

TEST_P(RuntimeCuda, ReservesMoreAndIsMadeAgain) {
  const int ranks = GetParam();
  Ranks group(ranks);
  const DecisionFile decision("ONESHOT");
  for (int turn = 0; turn < 3; ++turn) {
    group.run([&](int rank) {
      const Comm comm(group.options(rank, decision), 65536);
      Trial small(rank, ranks, {ARBITER_BFLOAT16, ARBITER_NONE, 2, 4096});
      comm.enqueue(small);
      EXPECT_EQ(arbiter_comm_reserve(comm.get(), 2 * mebibyte), ARBITER_OK) << arbiter_last_error();
      Trial large(rank, ranks, {ARBITER_BFLOAT16, ARBITER_NONE, 200, 4096});
      comm.enqueue(large);
      EXPECT_LE(small.worst(), 1.0);
      EXPECT_LE(large.worst(), 1.0);
    });
  }
}

TEST_P(RuntimeCuda, GivesUpOnEveryRankWhenOneDoesNotCome) {
  const int ranks = GetParam();
  Ranks group(ranks);
  const DecisionFile decision("ONESHOT_PLAIN");
  group.run([&](int rank) {
    auto options = group.options(rank, decision);
    options.timeout_ms = 200;
    const Trial trial(rank, ranks, {ARBITER_BFLOAT16, ARBITER_NONE, 8, 4096});
    const Comm comm(options, mebibyte);  // collective: the ranks enqueue at the same time
    if (rank != 0) comm.enqueue(trial);
    EXPECT_EQ(cudaStreamSynchronize(comm.stream()), cudaSuccess);
    for (int wait = 0; wait < 500 && arbiter_comm_async_error(comm.get()) == ARBITER_OK; ++wait) {
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    EXPECT_EQ(arbiter_comm_async_error(comm.get()), ARBITER_TIMEOUT);
    EXPECT_EQ(arbiter_all_reduce(comm.get(), &trial.operation(), comm.stream()), ARBITER_TIMEOUT);
    EXPECT_NE(std::string(arbiter_last_error()).find("waited for rank 0"), std::string::npos) << arbiter_last_error();
  });
}

INSTANTIATE_TEST_SUITE_P(Ranks, RuntimeCuda, ::testing::Values(2, 4));

}  // namespace
