#pragma once

#include <cstddef>
#include <memory>

#include "arbiter/export.hpp"
#include "arbiter/process_group.hpp"

namespace arbiter {

/// Memory that all ranks of a group on one host see. It has no name anyone else could open, it is readable and writable
/// by its user only, and it is gone when the last rank is, however that ends. Zeroed. Ranks map it at different
/// addresses.
class ARBITER_EXPORT SharedSegment {
 public:
  /// Collective. The segment has `bytes_per_rank` (rounded up to whole pages) for each rank. Throws SystemError on
  /// every rank if one cannot map it.
  SharedSegment(ProcessGroup& group, std::size_t bytes_per_rank);
  ~SharedSegment();
  SharedSegment(const SharedSegment&) = delete;
  SharedSegment& operator=(const SharedSegment&) = delete;

  /// The part of `rank`, page-aligned.
  [[nodiscard]] std::byte* of(int rank) const { return base_ + static_cast<std::size_t>(rank) * stride_; }
  [[nodiscard]] std::size_t bytes_per_rank() const { return stride_; }

 private:
  std::byte* base_ = nullptr;
  std::size_t stride_ = 0;
  std::size_t mapped_ = 0;
};

}  // namespace arbiter
