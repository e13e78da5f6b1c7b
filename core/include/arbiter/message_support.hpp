#pragma once

#include "arbiter/export.hpp"
#include "arbiter/problem.hpp"
#include "arbiter/process_group.hpp"
#include "arbiter/support.hpp"

namespace arbiter {

/// What every AllReduce asks of its message: as many ranks in the group as the problem says, at least one element, and
/// a dtype messages can have (bfloat16, float16, float32). A strategy asks this first and then what it needs itself.
/// Not collective, the same on every rank; thread-safe.
[[nodiscard]] ARBITER_EXPORT Support supports_message(const Problem& problem, const ProcessGroup& group);

}  // namespace arbiter
