// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <chrono>
#include <cstring>
#include <numeric>

#include <gmock/gmock.h>

#include "gpu_fixture.hpp"

namespace {

using namespace arbiter;
using arbiter::testing::AddOne;
using arbiter::testing::WaitInVain;
using ::testing::AllOf;
using ::testing::Each;
using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

/// One rank alone.
class Alone : public ProcessGroup {
 public:
  using ProcessGroup::all_gather;
  using ProcessGroup::broadcast;
  using ProcessGroup::max;
  [[nodiscard]] int rank() const override { return 0; }
  [[nodiscard]] int size() const override { return 1; }
  [[nodiscard]] bool single_host() const override { return true; }
  void barrier() override {}
  void broadcast(void* /*data*/, std::size_t /*bytes*/, int /*root*/) override {}
  void all_gather(const void* in, void* out, std::size_t bytes) override { std::memcpy(out, in, bytes); }
  void max(std::span<double> /*values*/) override {}
  [[nodiscard]] void* mpi_comm() override { return nullptr; }
};

class CudaBackend : public arbiter::testing::GpuFixture {};

TEST_F(CudaBackend, KnowsItsMachine) {
  const Machine machine = backend().machine();
  EXPECT_EQ(machine.platform, "sm" + std::to_string(backend().sm_version()));
  EXPECT_FALSE(machine.facts.at("gpu").empty());
  EXPECT_FALSE(machine.facts.at("driver").empty());
  EXPECT_GT(backend().multiprocessors(), 0);
  EXPECT_GT(backend().ranks_per_host(), 0);
}

TEST_F(CudaBackend, CopiesInAndOutWhatNeedsManyPiecesAndWhatIsNotAligned) {
  for (const std::size_t bytes : {std::size_t{1}, std::size_t{524'288}, std::size_t{524'289}, std::size_t{9'999'999}}) {
    std::vector<std::byte> sent(bytes);
    for (std::size_t i = 0; i < bytes; ++i) sent[i] = static_cast<std::byte>(i * 131 >> 3U);
    const auto buffer = backend().allocate(bytes + 3);
    EXPECT_EQ(buffer->bytes(), bytes + 3);
    auto* at = static_cast<std::byte*>(buffer->data()) + 3;
    backend().copy_in(at, sent.data(), bytes);
    EXPECT_EQ(bytes_of(at, bytes), sent) << bytes;
  }
}

TEST_F(CudaBackend, FillsWhatItIsToldAndNothingElse) {
  const auto buffer = backend().allocate(1000);
  auto* data = static_cast<std::byte*>(buffer->data());
  backend().fill(data, 0x11, 1000);
  backend().fill(data + 1, 0x7f, 998);
  const auto bytes = bytes_of(data, 1000);
  EXPECT_EQ(bytes.front(), std::byte{0x11});
  EXPECT_EQ(bytes.back(), std::byte{0x11});
  EXPECT_TRUE(std::all_of(bytes.begin() + 1, bytes.end() - 1, [](std::byte byte) { return byte == std::byte{0x7f}; }));
}

TEST_F(CudaBackend, SaysWhatIsFreeInsteadOfTakingMoreThanThereIs) {
  const auto much = static_cast<std::size_t>(backend().free_bytes(1)) * 2;
  EXPECT_THAT([&] { static_cast<void>(backend().allocate(much)); },
              ThrowsMessage<Error>(AllOf(HasSubstr(std::to_string(much) + " bytes"), HasSubstr("are free"))));
  EXPECT_THROW(static_cast<void>(backend().allocate(SIZE_MAX)), Error);
}

TEST_F(CudaBackend, GivesMemoryBack) {
  const std::size_t half = static_cast<std::size_t>(backend().free_bytes(1)) / 2;
  for (int turn = 0; turn < 4; ++turn) EXPECT_NO_THROW(static_cast<void>(backend().allocate(half)));
}

TEST_F(CudaBackend, DoesAsManyRunsInAGraphAsWithoutOne) {
  Alone group;
  const auto buffer = backend().allocate(sizeof(std::uint32_t));
  backend().fill(buffer->data(), 0, buffer->bytes());
  std::array<void*, 1> tensors{buffer->data()};
  const Bindings bindings{nullptr, tensors};
  AddOne operation(kernel("add_one"));
  backend().run(operation, bindings);
  EXPECT_EQ(word_at(buffer->data()), 1U);
  for (const bool graph : {false, true}) {
    const auto sample = backend().sample(operation, bindings, 5, graph);
    EXPECT_EQ(sample->graph(), graph);
    const std::uint32_t before = word_at(buffer->data());
    EXPECT_GT(sample->time(group), 0.0);
    EXPECT_EQ(word_at(buffer->data()), before + 5);
    EXPECT_GT(sample->time(group), 0.0);
    EXPECT_EQ(word_at(buffer->data()), before + 10);
  }
}

TEST_F(CudaBackend, TakesMoreEagerRunsThanAStreamQueues) {
  Alone group;
  const auto buffer = backend().allocate(sizeof(std::uint32_t));
  backend().fill(buffer->data(), 0, buffer->bytes());
  std::array<void*, 1> tensors{buffer->data()};
  AddOne operation(kernel("add_one"));
  const auto sample = backend().sample(operation, {nullptr, tensors}, 20'000, false);
  EXPECT_GT(sample->time(group), 0.0);
  EXPECT_EQ(word_at(buffer->data()), 20'000U);
}

TEST_F(CudaBackend, NamesWhoWaitedForWhomAndGoesOn) {
  Alone group;
  const auto buffer = backend().allocate(sizeof(std::uint32_t));
  backend().fill(buffer->data(), 0, buffer->bytes());
  std::array<void*, 1> tensors{buffer->data()};
  const Bindings bindings{nullptr, tensors};
  WaitInVain waits(kernel("wait_for_flag"), 3, backend().spin_bound(std::chrono::milliseconds(50), group));
  const auto says_who =
      AllOf(HasSubstr("rank 0 waited longer than 50 ms"), HasSubstr("rank 3"), HasSubstr("operation 77"));
  AddOne adds(kernel("add_one"));
  EXPECT_THAT([&] { backend().run(waits, bindings); }, ThrowsMessage<TimeoutError>(says_who));
  backend().run(adds, bindings);
  EXPECT_EQ(word_at(buffer->data()), 1U);
  for (const bool graph : {false, true}) {
    const auto sample = backend().sample(waits, bindings, 4, graph);
    EXPECT_THAT([&] { static_cast<void>(sample->time(group)); }, ThrowsMessage<TimeoutError>(says_who));
    EXPECT_NO_THROW(static_cast<void>(backend().sample(adds, bindings, 3, graph)->time(group)));
  }
  EXPECT_EQ(word_at(buffer->data()), 7U);
}

struct FailsToEnqueue : Operation {
  void enqueue(const Bindings& /*bindings*/) override { throw Error("cannot be enqueued"); }
};

TEST_F(CudaBackend, GoesOnAfterAnOperationThatCannotBeCaptured) {
  FailsToEnqueue fails;
  EXPECT_THROW(static_cast<void>(backend().sample(fails, {}, 2, true)), Error);
  const auto buffer = backend().allocate(sizeof(std::uint32_t));
  backend().fill(buffer->data(), 0, buffer->bytes());
  std::array<void*, 1> tensors{buffer->data()};
  AddOne operation(kernel("add_one"));
  backend().run(operation, {nullptr, tensors});
  EXPECT_EQ(word_at(buffer->data()), 1U);
}

TEST_F(CudaBackend, RaisesTheLimitOfSharedMemoryWhenAKernelNeedsMore) {
  const auto buffer = backend().allocate(sizeof(std::uint32_t));
  void* out = buffer->data();
  int words = 20'000;
  const std::vector<void*> arguments{&out, &words};
  const auto shares = kernel("fill_shared");
  EXPECT_GT(shares->resident_blocks({.block = 256, .shared_bytes = 80'000}), 0);
  shares->launch({.grid = 1, .block = 256, .shared_bytes = 80'000}, arguments);
  EXPECT_EQ(word_at(out), 19'999U);
}

TEST_F(CudaBackend, GivesABlockAMultiprocessorForItselfIfAsked) {
  const auto add_one = kernel("add_one");
  EXPECT_EQ(add_one->resident_blocks({.block = 32, .exclusive_sm = true}), backend().multiprocessors());
  EXPECT_GT(add_one->resident_blocks({.block = 32}), backend().multiprocessors());
  const auto buffer = backend().allocate(sizeof(std::uint32_t));
  backend().fill(buffer->data(), 0, buffer->bytes());
  void* words = buffer->data();
  std::int64_t count = 1;
  const std::vector<void*> arguments{&words, &count};
  add_one->launch({.block = 32, .exclusive_sm = true}, arguments);
  EXPECT_EQ(word_at(buffer->data()), 1U);
}

TEST_F(CudaBackend, CountsTheBlocksOfWholeClusters) {
  if (backend().sm_version() < 90) GTEST_SKIP() << "no clusters before sm_90";
  const int blocks = kernel("add_one")->resident_blocks({.block = 1024, .cluster = 2, .exclusive_sm = true});
  EXPECT_GT(blocks, 0);
  EXPECT_EQ(blocks % 2, 0);
  EXPECT_LE(blocks, backend().multiprocessors());
}

TEST_F(CudaBackend, LinksAKernelOnce) {
  EXPECT_EQ(kernel("add_one"), kernel("add_one"));
  EXPECT_THROW(static_cast<void>(kernel("no_such_kernel")), Error);
}

TEST_F(CudaBackend, SharesMemoryWithARankThatIsAlone) {
  Alone group;
  const auto memory = backend().share(group, 100, 0x5a);
  ASSERT_EQ(memory->of_ranks().size(), 1U);
  EXPECT_THAT(bytes_of(memory->of_ranks()[0], 100), Each(std::byte{0x5a}));
}

}  // namespace
