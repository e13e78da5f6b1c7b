// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "arbiter/host/row_kernels.hpp"

namespace arbiter {

/// The kernels of one instruction set. Constant-initialised, so that nothing runs while libraries load.
struct IsaRowKernels {
  RowKernels bfloat16;
  RowKernels float16;
  RowKernels float32;
};

namespace portable {
extern const IsaRowKernels row_kernels;
}
#if defined(__x86_64__)
namespace avx2 {
extern const IsaRowKernels row_kernels;
}
namespace avx512 {
extern const IsaRowKernels row_kernels;
}
#endif

}  // namespace arbiter
