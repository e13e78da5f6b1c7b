// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

/// Parameters of the backend's own kernels, by value; plain data, the same for host and device compilers.
namespace arbiter::cuda {

/// arbiter_start_barrier.
struct StartBarrierArguments {
  static constexpr int max_ranks = 64;

  std::uint32_t* flags[max_ranks];  ///< by rank: the flags in that rank's memory, one per source rank
  const std::uint32_t* go;          ///< in host memory; set to `epoch` when the work to be timed is enqueued
  std::uint32_t epoch;              ///< of this barrier: flags and `go` have reached it when they are `epoch` or later
  std::int32_t rank;
  std::int32_t ranks;
};

/// arbiter_probe_round_trips.
struct RoundTripArguments {
  std::uint32_t* own_flag;   ///< in this rank's memory; the peer sets it
  std::uint32_t* peer_flag;  ///< in the peer's memory
  std::uint32_t* epoch;      ///< of the last trip, in this rank's memory
  std::int32_t round_trips;
  std::int32_t peer;
  bool begins;  ///< this rank sends first
};

/// arbiter_probe_transfer: pushes to, or pulls from, all peers.
struct TransferArguments {
  static constexpr int max_peers = 64;

  const void* from[max_peers];  ///< 16-byte aligned
  void* to[max_peers];          ///< 16-byte aligned
  std::uint32_t vectors;        ///< of 16 bytes, per peer
  std::int32_t peers;           ///< at least 1
};

/// arbiter_neighbour. Addresses are 16-byte aligned but those of the message.
struct NeighbourArguments {
  const void* weights;
  std::uint64_t weight_vectors;  ///< of 16 bytes
  const void* message_from;
  void* message_to;
  std::uint64_t message_bytes;
  std::uint64_t least_cycles;  ///< of the multiprocessor's clock
  std::uint32_t* never;        ///< written to only if the weights have one certain sum, which they have not
  bool early;                  ///< lets the next kernel start at once; else it starts after the end
};

}  // namespace arbiter::cuda
