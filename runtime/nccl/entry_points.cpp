// SPDX-License-Identifier: Apache-2.0
// The functions of NCCL that the drop-in does something at. Every other is in forwarded.inc. A profiler that stands in
// front of NCCL calls it by the names with p; they do the same.
#include "communicators.hpp"
#include "group.hpp"
#include "nccl_abi.hpp"
#include "real_library.hpp"
#include "settings.hpp"

using namespace arbiter::nccl;

namespace {

/// Communicators whose calls return before they are done are left to NCCL: they are not ready when they are made.
bool is_blocking(const Config* config) {
  return config == nullptr || config->blocking == undefined_int || config->blocking != 0;
}

/// A child is made as its parent was, where its own configuration says nothing.
bool inherits_blocking(Comm parent, const Config* config) {
  if (config != nullptr && config->blocking != undefined_int) return config->blocking != 0;
  return find(parent) != nullptr;
}

/// Calls the real function of the same name.
template <FunctionName name, class... Arguments>
auto calling(Arguments... arguments) {
  return [=] { return call_real<name>(arguments...); };
}

}  // namespace

#define ARBITER_ENTRY(name, parameters)                                                      \
  extern "C" __attribute__((visibility("default"), alias(#name))) Result p##name parameters; \
  extern "C" __attribute__((visibility("default"))) Result name parameters

ARBITER_ENTRY(ncclAllReduce, (const void* send, void* receive, std::size_t count, DataType dtype, Operation operation,
                              Comm comm, Stream stream)) {
  if (settings().disabled) {
    return call_real<"ncclAllReduce">(send, receive, count, dtype, operation, comm, stream);
  }
  return all_reduce({send, receive, count, dtype, operation, comm, stream});
}

ARBITER_ENTRY(ncclGroupStart, ()) { return settings().disabled ? call_real<"ncclGroupStart">() : start_group(); }

ARBITER_ENTRY(ncclGroupEnd, ()) { return end_group(calling<"ncclGroupEnd">()); }

ARBITER_ENTRY(ncclGroupSimulateEnd, (void* simulation)) {
  send_waiting_calls();
  return end_group(calling<"ncclGroupSimulateEnd">(simulation));
}

ARBITER_ENTRY(ncclCommInitRank, (Comm * comm, int size, UniqueId id, int rank)) {
  return make_communicators(calling<"ncclCommInitRank">(comm, size, id, rank), comm, 1, !settings().disabled);
}

ARBITER_ENTRY(ncclCommInitRankConfig, (Comm * comm, int size, UniqueId id, int rank, Config* config)) {
  return make_communicators(calling<"ncclCommInitRankConfig">(comm, size, id, rank, config), comm, 1,
                            !settings().disabled && is_blocking(config));
}

ARBITER_ENTRY(ncclCommInitRankScalable, (Comm * comm, int size, int rank, int ids, UniqueId* id, Config* config)) {
  return make_communicators(calling<"ncclCommInitRankScalable">(comm, size, rank, ids, id, config), comm, 1,
                            !settings().disabled && is_blocking(config));
}

ARBITER_ENTRY(ncclCommInitAll, (Comm * comms, int count, const int* devices)) {
  return make_communicators(calling<"ncclCommInitAll">(comms, count, devices), comms,
                            static_cast<std::size_t>(count > 0 ? count : 0), !settings().disabled);
}

ARBITER_ENTRY(ncclCommSplit, (Comm parent, int color, int key, Comm* comm, Config* config)) {
  return make_communicators(calling<"ncclCommSplit">(parent, color, key, comm, config), comm, 1,
                            !settings().disabled && inherits_blocking(parent, config));
}

ARBITER_ENTRY(ncclCommShrink, (Comm parent, int* excluded, int excluded_count, Comm* comm, Config* config, int flags)) {
  return make_communicators(calling<"ncclCommShrink">(parent, excluded, excluded_count, comm, config, flags), comm, 1,
                            !settings().disabled && inherits_blocking(parent, config));
}

ARBITER_ENTRY(ncclCommDestroy, (Comm comm)) {
  send_waiting_calls();
  forget(comm).reset();  // ours uses NCCL's until it ends
  return call_real<"ncclCommDestroy">(comm);
}

ARBITER_ENTRY(ncclCommAbort, (Comm comm)) {
  send_waiting_calls();
  if (const auto communicator = forget(comm)) communicator->abort();
  return call_real<"ncclCommAbort">(comm);
}

ARBITER_ENTRY(ncclCommWindowRegister, (Comm comm, void* start, std::size_t bytes, Window* window, int flags)) {
  return register_window(comm, start, bytes, window, flags);
}

ARBITER_ENTRY(ncclCommWindowDeregister, (Comm comm, Window window)) {
  send_waiting_calls();
  if (Communicator* communicator = find(comm)) communicator->remove_window(window);
  return call_real<"ncclCommWindowDeregister">(comm, window);
}

ARBITER_ENTRY(ncclCommGetAsyncError, (Comm comm, Result* error)) {
  const Result result = call_real<"ncclCommGetAsyncError">(comm, error);
  const Communicator* communicator = find(comm);
  if (result == success && communicator != nullptr && error != nullptr && *error == success)
    *error = communicator->async_error();
  return result;
}

extern "C" __attribute__((visibility("default"))) const char* ncclGetLastError(Comm comm) {
  const Communicator* communicator = find(comm);
  if (communicator != nullptr && !communicator->last_error().empty()) return communicator->last_error().c_str();
  void* real = real_library().find("ncclGetLastError");
  return real != nullptr ? reinterpret_cast<const char* (*)(Comm)>(real)(comm) : "";
}
extern "C" __attribute__((visibility("default"), alias("ncclGetLastError"))) const char* pncclGetLastError(Comm comm);
