#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <utility>

namespace arbiter {

/// What was chosen for the cells of one tp size, dtype and fusion, by (hidden size, token count).
using Choices = std::map<std::pair<std::int64_t, std::int64_t>, std::string>;

/// Patches of neighbouring cells (along either axis of the values that occur) with one choice.
[[nodiscard]] std::int64_t choice_regions(const Choices& choices);

}  // namespace arbiter
