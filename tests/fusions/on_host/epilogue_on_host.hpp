// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "arbiter/cuda/epilogue_arguments.hpp"

namespace arbiter::test {

/// A device epilogue compiled for the host, row by row.
struct EpilogueOnHost {
  /// `epilogue_state` holds full vectors. Returns the row's statistic.
  float (*begin_row)(const cuda::EpilogueArguments& arguments, std::int64_t row, const float* sum,
                     void* epilogue_state);
  float (*scalar)(const cuda::EpilogueArguments& arguments, float statistic);
  /// Finds the row's maximum too.
  void (*finish_row)(const cuda::EpilogueArguments& arguments, std::int64_t row, const void* epilogue_state,
                     float scalar);
};

}  // namespace arbiter::test
