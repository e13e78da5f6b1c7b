// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "driver.hpp"
#include "oneshot/oneshot_arguments.hpp"
#include "peer_memory.hpp"
#include "twoshot/twoshot_areas.hpp"
#include "twoshot/twoshot_arguments.hpp"

namespace arbiter::runtime {

/// The memory of one strategy: empty slots on every rank that all ranks can store to, and this rank's counters. Places
/// depend on the capacity only, so that operations of all shapes alternate between the same two buffers.
class Workspace {
 public:
  /// Collective, with the device's context current. Throws CallError on every rank.
  Workspace(CUdevice device, RankGroup& group, std::size_t bytes);
  ~Workspace();
  Workspace(const Workspace&) = delete;
  Workspace& operator=(const Workspace&) = delete;

  [[nodiscard]] void* slots(int rank) const { return pointer_to<void>(slots_.of(rank)); }
  [[nodiscard]] void* state() const { return pointer_to<void>(state_); }
  [[nodiscard]] std::size_t bytes() const { return slots_.bytes(); }

 private:
  PeerParts slots_;
  CUdeviceptr state_ = 0;
};

/// How large a message the strategies' memory takes at a time.
struct Capacity {
  std::int64_t vectors = 0;  ///< of 16 bytes
  std::int64_t rows = 0;

  [[nodiscard]] static Capacity of_bytes(std::int64_t bytes);
  /// Rows of the message that a launch takes; without rows, elements. 0 if not even one fits.
  [[nodiscard]] std::int64_t rows_per_chunk(const arbiter_operation& operation) const;
  [[nodiscard]] std::int64_t oneshot_slots() const;
  [[nodiscard]] std::int64_t oneshot_bytes(int ranks) const;
  [[nodiscard]] twoshot::TwoshotAreas twoshot_areas(int ranks) const;
};

/// `rows` as a chunk may have them: NVFP4's scales in tiles of 128 rows are cut between tiles only.
[[nodiscard]] std::int64_t whole_tiles(const arbiter_operation& operation, std::int64_t rows);

}  // namespace arbiter::runtime
