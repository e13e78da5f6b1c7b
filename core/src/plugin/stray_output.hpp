#pragma once

#include <cstdio>
#include <string>

#include "arbiter/export.hpp"

namespace arbiter {

/// Standard output belongs to results: other programs read it. From here on what anything else in this process or its
/// children writes there (a plugin's printf) is kept apart. Does nothing the second time, or where the system refuses.
ARBITER_EXPORT void divert_standard_output();
/// Gives standard output back, as a child that makes results of its own needs it.
ARBITER_EXPORT void restore_standard_output();

/// Where results go: the real standard output.
[[nodiscard]] ARBITER_EXPORT std::FILE* results_stream();

/// What was written past results_stream() since the last call, as one line of bounded length; empty if nothing was.
[[nodiscard]] ARBITER_EXPORT std::string take_stray_output();

}  // namespace arbiter
