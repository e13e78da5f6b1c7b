// SPDX-License-Identifier: Apache-2.0
#include "arbiter/host/shared_slots.hpp"

#include <chrono>
#include <memory>

#include <gtest/gtest.h>
#include <mpi.h>

#include "arbiter/error.hpp"
#include "comm/mpi_group.hpp"

namespace {

using namespace arbiter;

MpiGroup& world() {
  static MpiGroup group(MPI_COMM_WORLD);
  return group;
}

TEST(SharedSlots, CarryWhatARankWroteBeforeItPublished) {
  SharedSlots slots(world(), 3, sizeof(std::uint64_t));
  const SpinWait spin(world().rank(), slots.yields_at_once(), std::chrono::seconds(60));
  for (std::uint64_t chunk = 0; chunk < 1000; ++chunk) {
    auto* mine = reinterpret_cast<std::uint64_t*>(slots.slot(world().rank(), chunk));
    *mine = chunk * 100 + static_cast<std::uint64_t>(world().rank());
    slots.publish(0, chunk + 1);
    slots.wait_for_all(0, chunk + 1, spin);
    for (int rank = 0; rank < world().size(); ++rank) {
      const auto* other = reinterpret_cast<const std::uint64_t*>(slots.slot(rank, chunk));
      ASSERT_EQ(*other, chunk * 100 + static_cast<std::uint64_t>(rank));
    }
    // Who has read publishes again, so that a slot is not written while a slower rank still reads it.
    slots.publish(1, chunk + 1);
    slots.wait_for_all(1, chunk + 1, spin);
  }
}

TEST(SharedSlots, KeepSlotsAndCountersOfAllRanksApart) {
  const SharedSlots slots(world(), 2, 100);
  EXPECT_GE(slots.slot_bytes(), 100U);
  EXPECT_EQ(slots.slot(0, 1) - slots.slot(0, 0), static_cast<std::ptrdiff_t>(slots.slot_bytes()));
  EXPECT_EQ(slots.slot(0, 0), slots.slot(0, 2));
  EXPECT_GE(slots.slot(1, 0), slots.slot(0, 1) + slots.slot_bytes());
}

TEST(SharedSlots, NumberChunksAcrossOperations) {
  SharedSlots slots(world(), 2, 64);
  EXPECT_EQ(slots.begin(), 0U);
  slots.end(5);
  EXPECT_EQ(slots.begin(), 5U);
  slots.end(1);
  EXPECT_EQ(slots.begin(), 6U);
}

TEST(SharedSlots, AreReusedWhileTheyAreLargeEnoughAndWhole) {
  std::shared_ptr<SharedSlots> kept;
  const auto first = SharedSlots::reuse_or_make(kept, world(), 2, 1000);
  EXPECT_EQ(SharedSlots::reuse_or_make(kept, world(), 2, 500), first);
  const auto larger = SharedSlots::reuse_or_make(kept, world(), 2, 2000);
  EXPECT_NE(larger, first);
  EXPECT_EQ(kept, larger);
  EXPECT_NE(SharedSlots::reuse_or_make(kept, world(), 3, 500), larger);
}

TEST(SharedSlots, AreReplacedOnEveryRankOnceOneLeftAnOperationUnended) {
  std::shared_ptr<SharedSlots> kept;
  const auto first = SharedSlots::reuse_or_make(kept, world(), 2, 1000);
  if (world().rank() == 0) {
    static_cast<void>(first->begin());
    EXPECT_THROW(static_cast<void>(first->begin()), Error);
  }
  EXPECT_NE(SharedSlots::reuse_or_make(kept, world(), 2, 1000), first);
}

}  // namespace
