#pragma once

#include <string>

#include "arbiter/problem.hpp"

namespace arbiter::cuda {

/// Which GPU this rank takes: the one of its number among the ranks of its host, as the launcher told it.
struct DeviceChoice {
  int devices = 0;         ///< that this process sees
  int local_rank = 0;      ///< 0 where nobody launched ranks
  int local_ranks = 1;     ///< on this host, as far as the launcher says
  bool may_share = false;  ///< ARBITER_SHARE_GPUS=1: several ranks may take the same GPU
  std::string failure;     ///< CUDA's words if it sees none

  [[nodiscard]] Support usable() const;
  /// Only if usable().
  [[nodiscard]] int device() const { return local_rank % devices; }
  /// How many of `ranks` on this host take the same GPU, at most.
  [[nodiscard]] int ranks_per_device(int ranks) const;
};

/// Makes no CUDA context.
[[nodiscard]] DeviceChoice choose_device();

}  // namespace arbiter::cuda
