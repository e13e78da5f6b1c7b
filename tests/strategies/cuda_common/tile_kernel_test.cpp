// SPDX-License-Identifier: Apache-2.0
// What ONESHOT and TWOSHOT agree on, link and share when they prepare; no device is needed.
#include <array>
#include <stdexcept>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "arbiter/error.hpp"
#include "plugins/backends/cuda/link/recording_backend.hpp"
#include "support/strategies_plugins.hpp"

namespace arbiter::testing {
namespace {

using cuda::RecordingBackend;

/// A communicator of all ranks in reverse order.
class ReversedRanks {
 public:
  ReversedRanks() : communicator_(reversed()), group_(communicator_) {}
  ~ReversedRanks() { MPI_Comm_free(&communicator_); }
  ReversedRanks(const ReversedRanks&) = delete;
  ReversedRanks& operator=(const ReversedRanks&) = delete;
  [[nodiscard]] MpiGroup& group() { return group_; }

 private:
  static MPI_Comm reversed() {
    MPI_Comm communicator = MPI_COMM_NULL;
    MPI_Comm_split(MPI_COMM_WORLD, 0, -world().rank(), &communicator);
    return communicator;
  }

  MPI_Comm communicator_;
  MpiGroup group_;
};

class TileKernels : public ::testing::TestWithParam<const char*> {
 protected:
  std::unique_ptr<Operation> prepare(RecordingBackend& backend, ProcessGroup& group, std::int64_t tokens = 64,
                                     std::size_t alignment = 1) {
    const Problem problem{group.size(), DType::bfloat16, "RESIDUAL_RMS_NORM", 8192, tokens};
    return strategy_->prepare({problem, group, backend, *fusion_, std::chrono::seconds(1), {}, alignment});
  }

 private:
  std::shared_ptr<Strategy> strategy_ = make<Strategy>(PluginKind::strategy, GetParam(), {}, "cuda");
  std::shared_ptr<Fusion> fusion_ = make<Fusion>(PluginKind::fusion, "RESIDUAL_RMS_NORM");
};

TEST_P(TileKernels, AreTheSameOnRanksWhoseDevicesDiffer) {
  RecordingBackend backend(90, world().rank() == 0 ? 132 : 100);
  const auto operation = prepare(backend, world());
  std::string linked;
  for (const auto& [name, link] : backend.links()) linked += link.entry + " ";
  for (const std::string& of_rank : world().all_gather(linked)) EXPECT_EQ(of_rank, linked);
  ASSERT_EQ(backend.shared().size(), 1U);
  const auto bytes = static_cast<double>(backend.shared().front());
  EXPECT_EQ(world().max(bytes), world().min(bytes));
}

TEST_P(TileKernels, AreLinkedBeforeTheFirstOperationAlsoForTensorsThatAreNotAligned) {
  RecordingBackend backend(90);
  const auto operation = prepare(backend, world());
  const auto linked = backend.links().size();
  alignas(16) std::array<std::byte, 64> place{};
  for (const std::size_t offset : {std::size_t{0}, std::size_t{2}}) {
    std::array<void*, 4> tensors{};
    tensors.fill(place.data() + offset);
    EXPECT_THROW(operation->enqueue({place.data() + offset, tensors}), std::logic_error) << "it has no device";
  }
  EXPECT_EQ(backend.links().size(), linked);
  EXPECT_EQ(linked, 2U);
}

TEST_P(TileKernels, AreLinkedForAlignedTensorsOnlyIfPromised) {
  RecordingBackend backend(90);
  const auto operation = prepare(backend, world(), 64, 128);
  EXPECT_EQ(backend.links().size(), 1U);
  alignas(16) std::array<std::byte, 64> place{};
  std::array<void*, 4> tensors{};
  tensors.fill(place.data() + 2);
  EXPECT_THROW(operation->enqueue({place.data(), tensors}), Error);
}

TEST_P(TileKernels, ShareOneMemoryAsLongAsItFits) {
  RecordingBackend backend(90);
  const auto large = prepare(backend, world());
  const auto small = prepare(backend, world(), 7);
  EXPECT_EQ(backend.shared().size(), 1U);
  const auto larger = prepare(backend, world(), 100);
  EXPECT_EQ(backend.shared().size(), 2U);
}

TEST_P(TileKernels, GetNewMemoryOnAllRanksWhereOneFoundItBroken) {
  RecordingBackend backend(90);
  const auto one = prepare(backend, world());
  const auto other = prepare(backend, world(), 7);
  if (world().rank() == 1) backend.break_memory();
  for (Operation* operation : {one.get(), other.get()}) {
    if (world().rank() == 1) {
      EXPECT_THROW(operation->enqueue({}), Error) << "whoever holds it";
    }
  }
  const auto again = prepare(backend, world());
  EXPECT_EQ(backend.shared().size(), 2U);
  const auto more = prepare(backend, world());
  EXPECT_EQ(backend.shared().size(), 2U);
}

TEST_P(TileKernels, GetMemoryOfTheirOwnInEveryCommunicator) {
  RecordingBackend backend(90);
  ReversedRanks reversed;
  const auto one = prepare(backend, world());
  const auto other = prepare(backend, reversed.group());
  EXPECT_EQ(backend.shared().size(), 2U);
}

TEST_P(TileKernels, GetMemoryOfTheirOwnOnEveryStream) {
  RecordingBackend backend(90);
  RecordingBackend with_another_stream(90);
  const auto one = prepare(backend, world());
  const auto other = prepare(with_another_stream, world());
  EXPECT_EQ(with_another_stream.shared().size(), 1U);
}

INSTANTIATE_TEST_SUITE_P(Cuda, TileKernels, ::testing::Values("ONESHOT", "TWOSHOT"),
                         [](const auto& strategy) { return std::string(strategy.param); });

}  // namespace
}  // namespace arbiter::testing
