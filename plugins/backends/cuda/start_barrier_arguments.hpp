#pragma once

#include <cstdint>

namespace arbiter::cuda {

/// Of the kernel that lines ranks up; a kernel parameter, by value.
struct StartBarrierArguments {
  static constexpr int max_ranks = 64;

  std::uint32_t* flags[max_ranks];  ///< by rank: that rank's flags, one for each rank
  const std::uint32_t* go;          ///< in host memory: the host's word that all it has for this rank is enqueued
  std::uint32_t epoch;              ///< flags and the word are at least this when it is time
  std::int32_t rank;
  std::int32_t ranks;
};

}  // namespace arbiter::cuda
