#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "arbiter/dtype.hpp"
#include "arbiter/export.hpp"

namespace arbiter {

/// Element `first` + i of a tensor in host memory becomes values[i], exactly. Any dtype but the packed float4_e2m1x2,
/// for which it throws Error.
ARBITER_EXPORT void load_values(DType dtype, const void* tensor, std::int64_t first, std::span<double> values);

/// Compares elements `first`... of a tensor in host memory with a reference: the worst error as a share of the allowed
/// error (see error_share()), where `slack` is allowed before the rounding to `dtype`. For Fusion::check_row().
[[nodiscard]] ARBITER_EXPORT double check_values(DType dtype, const void* tensor, std::int64_t first,
                                                 std::span<const double> value, std::span<const double> slack);

}  // namespace arbiter
