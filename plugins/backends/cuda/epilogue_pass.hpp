// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include "arbiter/cuda/cuda_backend.hpp"

namespace arbiter::cuda {

/// `reduction` into a separate buffer, then the fusion's epilogue over all rows in one kernel. Throws Error.
[[nodiscard]] std::unique_ptr<Operation> make_epilogue_pass(CudaBackend& backend, std::unique_ptr<Operation> reduction,
                                                            const Fusion& fusion, const Problem& problem);

/// The kernel of a pass and its launch configuration. A block is a whole number of row groups.
struct PassShape {
  const char* entry;       ///< name of the kernel
  unsigned group_threads;  ///< threads per row, a multiple of 32
  unsigned block;          ///< threads per block
  std::int64_t blocks;     ///< as many as there is work for
};
[[nodiscard]] PassShape pass_shape(const Problem& problem);

}  // namespace arbiter::cuda
