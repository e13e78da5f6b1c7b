// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <string>

#include "arbiter/cuda/epilogue_arguments.hpp"
#include "arbiter/runtime.h"
#include "kernels.hpp"

namespace arbiter::runtime {

/// The epilogue of a fusion and dtype over a message that NCCL has reduced.
class Passes {
 public:
  Passes(const std::string& name, const Device& device);

  void launch(const void* reduced, const cuda::EpilogueArguments& epilogue, arbiter_dtype dtype,
              arbiter_stream_t stream) const;

 private:
  Module module_;
  int multiprocessors_;
  std::array<CUfunction, 3> functions_{};  ///< arbiter_epilogue_pass_1, _3, _wide
};

/// The tensors of a call as the device epilogue takes them, for `count` rows from `first`; without rows, elements.
[[nodiscard]] cuda::EpilogueArguments epilogue_of(const arbiter_operation& operation, std::int64_t first,
                                                  std::int64_t count);

/// Bytes of NVFP4's scales before row `row`, which begins a tile where the layout has tiles.
[[nodiscard]] std::int64_t scale_offset(const arbiter_operation& operation, std::int64_t row);

}  // namespace arbiter::runtime
