// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>

#include "arbiter/process_group.hpp"
#include "sdk/descriptor.hpp"

namespace arbiter {

/// Collective. One memory file of `bytes`, with its pages allocated, opened by every rank. It never has a name: the
/// ranks open it through the /proc entry of rank 0. Invalid on every rank if /proc does not allow that. Throws
/// SystemError on every rank if the memory cannot be allocated.
[[nodiscard]] Descriptor open_nameless_segment(ProcessGroup& group, std::size_t bytes);

/// Collective. The same through a random name in /dev/shm, which is removed before the call returns or throws. Throws
/// SystemError on every rank.
[[nodiscard]] Descriptor open_named_segment(ProcessGroup& group, std::size_t bytes);

/// Collective. Throws the same SystemError on every rank if `error_number` is not zero on one; `action` is that rank's.
void agree_on_success(ProcessGroup& group, const std::string& action, int error_number);

}  // namespace arbiter
