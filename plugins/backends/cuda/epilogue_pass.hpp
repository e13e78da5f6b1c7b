#pragma once

#include <memory>

#include "arbiter/cuda/cuda_backend.hpp"

namespace arbiter::cuda {

/// `reduction` into a buffer of its own, then the fusion's epilogue over all rows as one kernel. Throws Error.
[[nodiscard]] std::unique_ptr<Operation> make_epilogue_pass(CudaBackend& backend, std::unique_ptr<Operation> reduction,
                                                            const Fusion& fusion, const Problem& problem);

/// How the threads of the pass are laid out over rows.
struct PassShape {
  const char* entry;
  unsigned group_threads;  ///< that own one row
  unsigned block;          ///< threads
  std::int64_t blocks;     ///< that there is work for
};
[[nodiscard]] PassShape pass_shape(const Problem& problem);

}  // namespace arbiter::cuda
