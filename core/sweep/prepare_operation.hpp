#pragma once

#include <memory>
#include <string_view>

#include "arbiter/strategy.hpp"

namespace arbiter {

inline constexpr std::string_view no_fusion = "NONE";

/// Collective. The strategy's operation for the whole problem: one that does not fuse is prepared with `none`, the
/// fusion NONE, and followed by the epilogue as a pass of its own. `preparation` has the problem's fusion. Throws
/// Error: why the strategy does not support the problem, or what it threw.
[[nodiscard]] std::unique_ptr<Operation> prepare_operation(Strategy& strategy, const Preparation& preparation,
                                                           const Fusion* none);

}  // namespace arbiter
