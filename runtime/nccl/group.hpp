// SPDX-License-Identifier: Apache-2.0
// NCCL's groups: what a thread calls between ncclGroupStart() and the ncclGroupEnd() that belongs to it, is one
// operation.
//
// AllReduces that are ours wait for the end of the outermost group. If nothing else is in it, they are launched then,
// all of them before anything is waited for. If anything else comes, all of the group goes to NCCL, in order: NCCL's
// group is opened as deep as the caller's, those that wait are sent, and from there on every call goes straight
// through.
#pragma once

#include <cstddef>
#include <functional>

#include "nccl_abi.hpp"

namespace arbiter::nccl {

/// Where this thread is in a group: the rest of it goes to NCCL, after the calls that wait for its end.
void send_waiting_calls();

[[nodiscard]] Result start_group();
/// `end` ends one level of NCCL's group.
[[nodiscard]] Result end_group(const std::function<Result()>& end);
/// One AllReduce, in a group or not.
[[nodiscard]] Result all_reduce(const AllReduceCall& call);

/// Calls what makes communicators, and adopts them: at once, or at the end of the group, when they are ready. `adopted`
/// is false for those that are not served.
[[nodiscard]] Result make_communicators(const std::function<Result()>& make, Comm* comms, std::size_t count,
                                        bool adopted);
/// Registers a window, and remembers its memory: at once, or at the end of the group, when its handle is known.
[[nodiscard]] Result register_window(Comm comm, void* start, std::size_t bytes, Window* handle, int flags);

}  // namespace arbiter::nccl
