#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include "common/cell_block.hpp"

namespace arbiter {

/// The microseconds of a strategy at any shape: log time is linear in log hidden_size and log num_tokens between the
/// block's grid lines, and goes on beyond the last two as between them. Nothing where a cell it needs has no time.
[[nodiscard]] std::optional<double> interpolated_time(const CellBlock& block, std::size_t strategy,
                                                      std::int64_t hidden_size, std::int64_t num_tokens);

}  // namespace arbiter
