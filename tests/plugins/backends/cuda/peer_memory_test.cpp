// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <chrono>
#include <cstdlib>
#include <thread>

#include <gmock/gmock.h>
#include <mpi.h>

#include "comm/mpi_group.hpp"
#include "gpu_fixture.hpp"

namespace {

using namespace arbiter;
using arbiter::testing::AddOne;
using arbiter::testing::CountIfAllCame;
using arbiter::testing::WaitInVain;
using ::testing::AllOf;
using ::testing::Each;
using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

MpiGroup& world() {
  static MpiGroup group(MPI_COMM_WORLD);
  return group;
}

class PeerMemory : public arbiter::testing::GpuFixture, public ::testing::WithParamInterface<const char*> {
 protected:
  void SetUp() override {
    ::setenv("ARBITER_PEER_MEMORY", GetParam(), 1);
    GpuFixture::SetUp();
  }
  void TearDown() override { ::unsetenv("ARBITER_PEER_MEMORY"); }

  static std::byte pattern(std::size_t rank) { return static_cast<std::byte>(0x10 + rank); }
};

TEST_P(PeerMemory, HasTheFillOfEveryRankAndThenWhatEveryRankWrote) {
  for (const std::size_t bytes : {std::size_t{1}, std::size_t{1000}, std::size_t{5'000'001}}) {
    const auto memory = backend().share(world(), bytes, 0x5a);
    EXPECT_EQ(memory->bytes(), bytes);
    ASSERT_EQ(memory->of_ranks().size(), static_cast<std::size_t>(world().size()));
    for (void* part : memory->of_ranks())
      EXPECT_THAT(bytes_of(part, std::min<std::size_t>(bytes, 999)), Each(std::byte{0x5a}));
    world().barrier();
    const auto next = static_cast<std::size_t>((world().rank() + 1) % world().size());
    backend().fill(memory->of_ranks()[next], static_cast<unsigned char>(pattern(next)), bytes);
    world().barrier();
    for (std::size_t rank = 0; rank < memory->of_ranks().size(); ++rank) {
      EXPECT_EQ(bytes_of(memory->of_ranks()[rank], bytes).back(), pattern(rank));
    }
    world().barrier();
  }
}

TEST_P(PeerMemory, OutlivesAPeerThatLetsGoEarly) {
  auto memory = backend().share(world(), 4096, 0x5a);
  if (world().rank() == 0) memory.reset();
  world().barrier();
  if (memory) {
    EXPECT_THAT(bytes_of(memory->of_ranks()[0], 4096), Each(std::byte{0x5a}));
  }
  world().barrier();
}

TEST_P(PeerMemory, CanBeMadeAgainAndAgainWithoutUsingMemoryUp) {
  static_cast<void>(backend().share(world(), 1, 0));
  world().barrier();
  const auto bytes = static_cast<std::size_t>(backend().free_bytes(1)) / 3;
  const auto agreed = static_cast<std::size_t>(-world().max(-static_cast<double>(bytes)));
  for (int turn = 0; turn < 8; ++turn) {
    EXPECT_NO_THROW(static_cast<void>(backend().share(world(), agreed, 1)));
    world().barrier();
  }
}

TEST_P(PeerMemory, IsRefusedOnEveryRankIfOneHasNotEnough) {
  const std::size_t bytes = world().rank() == 1 ? std::size_t{1} << 50U : 1000;
  EXPECT_THAT([&] { static_cast<void>(backend().share(world(), bytes, 0)); },
              ThrowsMessage<Error>(AllOf(HasSubstr("cannot share"), HasSubstr("rank 1"))));
  EXPECT_NO_THROW(static_cast<void>(backend().share(world(), 1000, 0)));
}

INSTANTIATE_TEST_SUITE_P(Ways, PeerMemory, ::testing::Values("ipc", "vmm"),
                         [](const auto& way) { return std::string(way.param); });

class PeerRanks : public arbiter::testing::GpuFixture {};

TEST_F(PeerRanks, AreToldWhatAnUnknownWayIs) {
  ::setenv("ARBITER_PEER_MEMORY", "magic", 1);
  EXPECT_THAT([&] { static_cast<void>(backend().share(world(), 1, 0)); },
              ThrowsMessage<Error>(AllOf(HasSubstr("magic"), HasSubstr("ipc and vmm are allowed"))));
  ::unsetenv("ARBITER_PEER_MEMORY");
}

/// Every rank tells all others which turn it has come to before it takes part in a sample; what is timed finds them all
/// there, unless it ran ahead of the one that was late.
TEST_F(PeerRanks, AreLinedUpForEverySampleHoweverLateOneIs) {
  const auto ranks = static_cast<std::size_t>(world().size());
  const auto rank = static_cast<std::size_t>(world().rank());
  const auto memory = backend().share(world(), (ranks + 2) * sizeof(std::uint32_t), 0);
  auto* const own = static_cast<std::uint32_t*>(memory->of_ranks()[rank]);
  std::array<void*, 1> tensors{own};
  CountIfAllCame operation(kernel("count_if_all_came"), world().size());
  std::uint32_t turn = 0;
  for (const bool graph : {true, false, true}) {
    const auto sample = backend().sample(operation, {nullptr, tensors}, 10, graph);
    for (int again = 0; again < 5; ++again) {
      if (++turn % ranks == rank) std::this_thread::sleep_for(std::chrono::milliseconds(20));
      backend().copy_in(own + ranks, &turn, sizeof turn);
      for (void* peer : memory->of_ranks()) {
        backend().copy_in(static_cast<std::uint32_t*>(peer) + rank, &turn, sizeof turn);
      }
      static_cast<void>(sample->time(world()));
    }
  }
  EXPECT_EQ(word_at(own + ranks + 1), turn * 10);
  world().barrier();
}

TEST_F(PeerRanks, AreLinedUpAgainAfterOneOfThemFailed) {
  const auto memory = backend().share(world(), sizeof(std::uint32_t), 0);
  const auto rank = static_cast<std::size_t>(world().rank());
  std::array<void*, 1> tensors{memory->of_ranks()[rank]};
  const Bindings bindings{nullptr, tensors};
  AddOne adds(kernel("add_one"));
  if (rank == 0) {
    WaitInVain waits(kernel("wait_for_flag"), 1, backend().spin_bound(std::chrono::milliseconds(100), world()));
    EXPECT_THAT([&] { backend().run(waits, bindings); },
                ThrowsMessage<TimeoutError>(AllOf(HasSubstr("rank 0 waited"), HasSubstr("for rank 1"))));
  }
  world().barrier();
  static_cast<void>(backend().spin_bound(std::chrono::seconds(10), world()));
  EXPECT_NO_THROW(static_cast<void>(backend().sample(adds, bindings, 2, true)->time(world())));
  EXPECT_EQ(word_at(tensors[0]), 2U);
  world().barrier();
}

}  // namespace
