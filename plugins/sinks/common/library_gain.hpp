// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "arbiter/dataset.hpp"

namespace arbiter {

/// How much faster the fastest strategy of each cell is than the library path, the better of `libraries`.
struct LibraryGain {
  std::int64_t cells = 0;  ///< with a time of a library
  double mean = 0.0;       ///< geometric: 2 is twice as fast
  double least = 0.0;
  double most = 0.0;
};

/// The strategies of a dataset that an engine has without kernels of its own: NCCL and NCCL_SYMMETRIC; on hosts MPI and
/// what is named MPI_<variant>.
[[nodiscard]] std::vector<std::string> library_strategies(const Dataset& dataset);

[[nodiscard]] LibraryGain library_gain(const Dataset& dataset, const std::vector<std::string>& libraries);

}  // namespace arbiter
