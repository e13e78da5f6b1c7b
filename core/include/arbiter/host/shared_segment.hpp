// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <memory>

#include "arbiter/export.hpp"
#include "arbiter/process_group.hpp"

namespace arbiter {

/// Memory that all ranks of a group on one host share. Initially zero. Only these processes can open it, and the kernel
/// frees it with the last of them, also after a crash. Ranks map it at different addresses, so no pointers belong in
/// it.
class ARBITER_EXPORT SharedSegment {
 public:
  /// Collective. The segment has `bytes_per_rank`, rounded up to whole pages, for each rank. Throws SystemError on
  /// every rank if one cannot allocate or map it, and Error if the size does not fit a file.
  SharedSegment(ProcessGroup& group, std::size_t bytes_per_rank);
  ~SharedSegment();
  SharedSegment(const SharedSegment&) = delete;
  SharedSegment& operator=(const SharedSegment&) = delete;

  /// The part of `rank`, page-aligned; every rank may read and write it.
  [[nodiscard]] std::byte* of(int rank) const { return base_ + static_cast<std::size_t>(rank) * stride_; }
  /// The size of a part after rounding up.
  [[nodiscard]] std::size_t bytes_per_rank() const { return stride_; }

 private:
  std::byte* base_ = nullptr;
  std::size_t stride_ = 0;
  std::size_t mapped_ = 0;
};

}  // namespace arbiter
