// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

#include "arbiter/host/row_kernels.hpp"

namespace arbiter {

/// The widest instruction set that this processor runs and Arbiter has kernels for; asks the processor at each call.
[[nodiscard]] Isa ask_processor();

/// `processor`, lowered by a setting of ARBITER_ISA (empty: not lowered). Throws ConfigError for an unknown setting.
[[nodiscard]] Isa lowered_isa(Isa processor, std::string_view setting);

}  // namespace arbiter
