// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string_view>

namespace arbiter::runtime {

/// A fatbin with cubins that the driver can load, of that name: "oneshot_plain_none_bfloat16",
/// "pass_residual_rms_norm_float16". Null if there is none.
[[nodiscard]] const std::byte* device_code(std::string_view name);

}  // namespace arbiter::runtime
