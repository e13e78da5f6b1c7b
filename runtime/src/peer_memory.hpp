// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <memory>
#include <vector>

#include <cuda.h>

#include "rank_group.hpp"

namespace arbiter::runtime {

/// Device memory that cuMemCreate made, here or on a peer, mapped for this rank's device. The driver keeps it until
/// nobody has it mapped, so a rank may free its part while peers still store to it. No kernel of this rank may use it
/// when it is freed.
class MappedMemory {
 public:
  /// Of this device, exportable as a file descriptor. Throws CallError.
  [[nodiscard]] static std::unique_ptr<MappedMemory> make(CUdevice device, std::size_t bytes);
  /// A peer's, by the file descriptor that it exported. Throws CallError.
  [[nodiscard]] static std::unique_ptr<MappedMemory> import(CUdevice device, int descriptor, std::size_t bytes);
  ~MappedMemory();
  MappedMemory(const MappedMemory&) = delete;
  MappedMemory& operator=(const MappedMemory&) = delete;

  [[nodiscard]] int export_descriptor() const;
  [[nodiscard]] CUdeviceptr address() const { return address_; }
  /// A multiple of the granularity.
  [[nodiscard]] std::size_t bytes() const { return bytes_; }

 private:
  MappedMemory() = default;
  void map(CUdevice device);

  CUmemGenericAllocationHandle handle_ = 0;
  CUdeviceptr address_ = 0;
  std::size_t bytes_ = 0;
  bool mapped_ = false;
};

/// A part of `bytes` on each rank, mapped by all ranks.
class PeerParts {
 public:
  /// Collective. Every byte is `fill`. Throws CallError on every rank.
  PeerParts(CUdevice device, RankGroup& group, std::size_t bytes, unsigned char fill);

  /// By rank.
  [[nodiscard]] CUdeviceptr of(int rank) const { return parts_[static_cast<std::size_t>(rank)]->address(); }
  [[nodiscard]] std::size_t bytes() const { return parts_.front()->bytes(); }

 private:
  std::vector<std::unique_ptr<MappedMemory>> parts_;
};

/// Why this rank's GPU cannot map the memory of the others'; empty if it can. Collective, but each rank has its own
/// answer. `links`: how the GPUs of the ranks are linked, as a sweep records it.
[[nodiscard]] std::string peer_obstacle(CUdevice device, RankGroup& group, std::string& links);

}  // namespace arbiter::runtime
