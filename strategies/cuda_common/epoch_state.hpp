#pragma once

#include <cstdint>

namespace arbiter::cuda {

/// Which operation comes next, counted on each rank alike, and how many blocks of it have started; in memory of the
/// rank, 0 at first but for `epoch`, which may begin anywhere. Plain data, the same for host and device compilers.
struct EpochState {
  /// Additions to one address take turns, which many blocks would wait for; each of these has a sector of its own.
  struct alignas(32) Group {
    std::uint32_t blocks_started;
  };
  static constexpr unsigned group_count = 32;

  std::uint32_t epoch;
  std::uint32_t groups_started;
  Group groups[group_count];
};

}  // namespace arbiter::cuda
