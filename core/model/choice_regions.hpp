// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <utility>

namespace arbiter {

/// The chosen strategy of each cell of one tp size, dtype and fusion, by (hidden size, number of tokens).
using Choices = std::map<std::pair<std::int64_t, std::int64_t>, std::string>;

/// The number of connected regions of cells with one choice. Cells are neighbours along either axis of the values that
/// occur.
[[nodiscard]] std::int64_t choice_regions(const Choices& choices);

}  // namespace arbiter
