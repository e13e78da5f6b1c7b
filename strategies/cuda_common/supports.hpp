#pragma once

#include "arbiter/export.hpp"
#include "arbiter/problem.hpp"
#include "arbiter/process_group.hpp"

namespace arbiter::cuda {

/// What kernels over peer memory need of a problem: the group is the problem's, of 2, 4 or 8 ranks on one host, the
/// message is not empty, of a message dtype, and a row fits a block. Not collective, the same on every rank.
[[nodiscard]] ARBITER_EXPORT Support supports_peer_kernels(const Problem& problem, const ProcessGroup& group);

}  // namespace arbiter::cuda
