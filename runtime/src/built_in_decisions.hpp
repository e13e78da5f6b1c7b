// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>
#include <utility>
#include <vector>

namespace arbiter::runtime {

/// Name and text of each decision.json that the library brings (runtime/decisions).
[[nodiscard]] std::vector<std::pair<std::string_view, std::string_view>> built_in_decisions();

}  // namespace arbiter::runtime
