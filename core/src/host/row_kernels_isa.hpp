#pragma once

#include <string_view>

#include "arbiter/export.hpp"
#include "arbiter/row_kernels.hpp"

namespace arbiter {

/// What one instruction set offers. Constant-initialised data, so that nothing runs while libraries load.
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

/// The widest instruction set of this processor.
[[nodiscard]] ARBITER_EXPORT Isa processor_isa();
/// `processor`, lowered by what ARBITER_ISA says (empty: nothing). Throws ConfigError for a name that is none.
[[nodiscard]] ARBITER_EXPORT Isa lowered_isa(Isa processor, std::string_view setting);

}  // namespace arbiter
