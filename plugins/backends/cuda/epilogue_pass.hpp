// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include "arbiter/cuda/cuda_backend.hpp"

namespace arbiter::cuda {

/// `reduction` into a separate buffer, then the fusion's epilogue over all rows in one kernel. Throws Error.
[[nodiscard]] std::unique_ptr<Operation> make_epilogue_pass(CudaBackend& backend, std::unique_ptr<Operation> reduction,
                                                            const Fusion& fusion, const Problem& problem);

}  // namespace arbiter::cuda
