// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "arbiter/problem.hpp"

namespace arbiter::cuda {

/// The kernel of a pass and its launch configuration. A block is a whole number of row groups.
struct PassShape {
  const char* entry;       ///< name of the kernel
  unsigned group_threads;  ///< threads per row, a multiple of 32
  unsigned block;          ///< threads per block
  std::int64_t blocks;     ///< as many as there is work for
};
[[nodiscard]] PassShape pass_shape(const Problem& problem);

}  // namespace arbiter::cuda
