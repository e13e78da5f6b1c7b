// SPDX-License-Identifier: Apache-2.0
#include "group.hpp"

#include <algorithm>
#include <vector>

#include "communicators.hpp"
#include "real_library.hpp"

namespace arbiter::nccl {

namespace {

struct WaitingCall {
  AllReduceCall call;
  Communicator* communicator = nullptr;
};

struct NewWindow {
  Comm comm = nullptr;
  const void* start = nullptr;
  std::size_t bytes = 0;
  const Window* handle = nullptr;
};

/// A thread's group.
struct Group {
  int depth = 0;
  bool is_real = false;  // NCCL's group is open, as deep as this one
  std::vector<WaitingCall> waiting;
  std::vector<Comm*> new_communicators;  // NCCL stores them when the group ends
  std::vector<NewWindow> new_windows;
};

Group& group() {
  thread_local Group own;
  return own;
}

Result send(const AllReduceCall& call) {
  return call_real<"ncclAllReduce", const void*, void*, std::size_t, DataType, Operation, Comm, Stream>(
      call.send, call.receive, call.count, call.dtype, call.operation, call.comm, call.stream);
}

void remember_window(const NewWindow& window) {
  Communicator* const communicator = find(window.comm);
  if (communicator != nullptr && window.handle != nullptr) {
    communicator->add_window(window.start, window.bytes, *window.handle);
  }
}

/// Once NCCL's group has ended.
void finish(Group& own, Result result) {
  std::vector<Comm> made;
  if (result == success) {
    made.reserve(own.new_communicators.size());
    for (const Comm* each : own.new_communicators) made.push_back(*each);
    for (const NewWindow& window : own.new_windows) remember_window(window);
  }
  own = Group();
  adopt(made);
}

/// The group of AllReduces alone.
Result run_waiting(Group& own) {
  const std::vector<WaitingCall> calls = std::move(own.waiting);
  own = Group();
  Result result = success;
  for (const WaitingCall& each : calls) {
    const Result status = each.communicator->run(each.call);
    if (result == success) result = status;
  }
  return result;
}

}  // namespace

void send_waiting_calls() {
  Group& own = group();
  if (own.depth == 0 || own.is_real) return;
  own.is_real = true;
  for (int level = 0; level < own.depth; ++level) call_real<"ncclGroupStart">();
  // What fails here makes the end of NCCL's group fail.
  for (const WaitingCall& each : own.waiting) {
    each.communicator->leave(each.call, "other operations are in its group");
    send(each.call);
  }
  own.waiting.clear();
}

Result start_group() {
  Group& own = group();
  const Result result = own.is_real ? call_real<"ncclGroupStart">() : success;
  if (result == success) ++own.depth;
  return result;
}

Result end_group(const std::function<Result()>& end) {
  Group& own = group();
  if (own.depth == 0) return end();  // NCCL says what is wrong
  --own.depth;
  if (own.is_real) {
    const Result result = end();
    if (own.depth == 0) finish(own, result);
    return result;
  }
  return own.depth == 0 ? run_waiting(own) : success;
}

Result all_reduce(const AllReduceCall& call) {
  Group& own = group();
  if (own.is_real) return send(call);
  Communicator* const communicator = find(call.comm);
  const bool ours = communicator != nullptr && communicator->takes(call);
  if (own.depth == 0) return ours ? communicator->run(call) : send(call);
  // Two of one communicator are one operation to NCCL.
  const bool is_second =
      std::ranges::any_of(own.waiting, [&](const auto& each) { return each.call.comm == call.comm; });
  if (ours && !is_second) {
    own.waiting.push_back({call, communicator});
    return success;
  }
  send_waiting_calls();
  if (ours) communicator->leave(call, "its group has several of one communicator");
  return send(call);
}

Result make_communicators(const std::function<Result()>& make, Comm* comms, std::size_t count, bool adopted) {
  send_waiting_calls();
  // NCCL may call its own functions by their public names, which are ours.
  thread_local bool inside = false;
  if (inside) return make();
  inside = true;
  const Result result = make();
  inside = false;
  if (result != success || !adopted || comms == nullptr) return result;
  Group& own = group();
  if (own.depth > 0) {
    for (std::size_t i = 0; i < count; ++i) own.new_communicators.push_back(comms + i);
  } else {
    adopt(std::vector<Comm>(comms, comms + count));
  }
  return result;
}

Result register_window(Comm comm, void* start, std::size_t bytes, Window* handle, int flags) {
  send_waiting_calls();
  const Result result = call_real<"ncclCommWindowRegister">(comm, start, bytes, handle, flags);
  if (result != success) return result;
  Group& own = group();
  const NewWindow window{comm, start, bytes, handle};
  if (own.depth > 0) {
    own.new_windows.push_back(window);
  } else {
    remember_window(window);
  }
  return result;
}

}  // namespace arbiter::nccl
