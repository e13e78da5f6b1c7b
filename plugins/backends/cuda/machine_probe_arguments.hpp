#pragma once

#include <cstdint>

namespace arbiter::cuda {

/// Of the kernel that sends a word to and fro; a kernel parameter, by value.
struct RoundTripArguments {
  std::uint32_t* own_flag;   ///< that the peer raises
  std::uint32_t* peer_flag;  ///< in the peer's memory
  std::uint32_t* epoch;      ///< of the last trip, in this device's memory
  std::int32_t round_trips;
  std::int32_t peer;
  bool begins;
};

/// Of the kernel that moves data, away from here or to here; a kernel parameter, by value.
struct TransferArguments {
  static constexpr int max_peers = 64;

  const void* from[max_peers];
  void* to[max_peers];
  std::uint32_t vectors;  ///< of 16 bytes, for each peer
  std::int32_t peers;
};

}  // namespace arbiter::cuda
