// SPDX-License-Identifier: Apache-2.0
// An NCCL whose ranks are threads, or one thread, of one process. It says what it is called for. NCCL_FAKE_VERSION is
// what it says it is; before 2.27 it lacks what came later.
#include <condition_variable>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "../../../runtime/nccl/nccl_abi.hpp"
#include "say.hpp"

#define EXPORTED extern "C" __attribute__((visibility("default")))

using arbiter::nccl::Config;
using arbiter::nccl::success;
using arbiter::nccl::UniqueId;

namespace {

/// What the ranks of a communicator share.
struct Clique {
  std::mutex mutex;
  std::condition_variable changed;
  std::vector<char> gathered;
  int arrived = 0;
  int left = 0;
};

std::mutex cliques_lock;
std::map<std::string, std::shared_ptr<Clique>> cliques;

std::shared_ptr<Clique> clique_of(const std::string& id) {
  const std::lock_guard lock(cliques_lock);
  auto& clique = cliques[id];
  if (!clique) clique = std::make_shared<Clique>();
  return clique;
}

}  // namespace

struct ncclComm {
  int rank = 0;
  int size = 0;
  std::string id;
  std::shared_ptr<Clique> clique;
};

namespace {

std::string text_of(const ncclComm* comm) { return "rank " + std::to_string(comm->rank); }

ncclComm* make(int rank, int size, const std::string& id) { return new ncclComm{rank, size, id, clique_of(id)}; }

std::string text_of(const UniqueId& id) { return {id.internal, strnlen(id.internal, sizeof id.internal)}; }

bool says_groups() { return std::getenv("FAKE_NCCL_QUIET") == nullptr; }

/// An operation that only says that it was called.
int called(const char* name, std::size_t count, const ncclComm* comm) {
  say(std::string("nccl ") + name + " " + std::to_string(count) + " " + text_of(comm));
  return success;
}

}  // namespace

EXPORTED int ncclGetVersion(int* version) {
  *version = NCCL_FAKE_VERSION;
  return success;
}
EXPORTED const char* ncclGetErrorString(int result) { return result == 0 ? "no error" : "an error"; }
EXPORTED const char* ncclGetLastError(ncclComm* /*comm*/) { return "NCCL's last error"; }
EXPORTED int ncclGetUniqueId(UniqueId* id) {
  static int made = 0;
  std::memset(id->internal, 0, sizeof id->internal);
  std::strcpy(id->internal, ("id " + std::to_string(made++)).c_str());
  id->internal[sizeof id->internal - 1] = 'E';  // its end must arrive, too
  return success;
}
EXPORTED int ncclCommInitRank(ncclComm** comm, int size, UniqueId id, int rank) {
  if (id.internal[sizeof id.internal - 1] != 'E') return arbiter::nccl::invalid_argument;
  *comm = make(rank, size, text_of(id));
  return success;
}
EXPORTED int ncclCommInitRankConfig(ncclComm** comm, int size, UniqueId id, int rank, Config* config) {
  const int result = ncclCommInitRank(comm, size, id, rank);
  return result == success && config->blocking == 0 ? arbiter::nccl::in_progress : result;
}
EXPORTED int ncclCommInitAll(ncclComm** comms, int count, const int* /*devices*/) {
  UniqueId id{};
  ncclGetUniqueId(&id);
  for (int rank = 0; rank < count; ++rank) comms[rank] = make(rank, count, text_of(id));
  return success;
}
EXPORTED int ncclCommSplit(ncclComm* parent, int color, int key, ncclComm** comm, Config* /*config*/) {
  *comm = color < 0 ? nullptr : make(key, parent->size, parent->id + " split " + std::to_string(color));
  return success;
}
EXPORTED int ncclCommCount(const ncclComm* comm, int* count) {
  *count = comm->size;
  return success;
}
EXPORTED int ncclCommUserRank(const ncclComm* comm, int* rank) {
  *rank = comm->rank;
  return success;
}
EXPORTED int ncclCommCuDevice(const ncclComm* comm, int* device) {
  *device = comm->rank;
  return success;
}
EXPORTED int ncclCommDestroy(ncclComm* comm) {
  called("ncclCommDestroy", 0, comm);
  delete comm;
  return success;
}
EXPORTED int ncclCommAbort(ncclComm* comm) {
  called("ncclCommAbort", 0, comm);
  delete comm;
  return success;
}
EXPORTED int ncclCommGetAsyncError(ncclComm* /*comm*/, int* error) {
  *error = success;
  return success;
}
EXPORTED int ncclGroupStart() {
  if (says_groups()) say("nccl ncclGroupStart");
  return success;
}
EXPORTED int ncclGroupEnd() {
  if (says_groups()) say("nccl ncclGroupEnd");
  return success;
}
EXPORTED int ncclAllReduce(const void* /*send*/, void* /*receive*/, std::size_t count, int /*dtype*/, int /*operation*/,
                           ncclComm* comm, void* /*stream*/) {
  return called("ncclAllReduce", count, comm);
}
EXPORTED int ncclBroadcast(const void* /*send*/, void* /*receive*/, std::size_t count, int /*dtype*/, int /*root*/,
                           ncclComm* comm, void* /*stream*/) {
  return called("ncclBroadcast", count, comm);
}
EXPORTED int ncclReduce(const void* send, void* receive, std::size_t count, int dtype, int operation, int root,
                        ncclComm* comm, void* stream) {
  say("nccl ncclReduce " + std::to_string(reinterpret_cast<std::uintptr_t>(send)) + " " +
      std::to_string(reinterpret_cast<std::uintptr_t>(receive)) + " " + std::to_string(dtype) + " " +
      std::to_string(operation) + " " + std::to_string(root) + " " +
      std::to_string(reinterpret_cast<std::uintptr_t>(stream)));
  return called("ncclReduce", count, comm);
}
/// Of the ranks' memory, which is the host's; blocks until all ranks are there.
EXPORTED int ncclAllGather(const void* send, void* receive, std::size_t count, int /*dtype*/, ncclComm* comm,
                           void* /*stream*/) {
  Clique& clique = *comm->clique;
  std::unique_lock lock(clique.mutex);
  clique.changed.wait(lock, [&] { return clique.left == 0; });  // all have what was gathered before
  clique.gathered.resize(count * static_cast<std::size_t>(comm->size));
  std::memcpy(clique.gathered.data() + count * static_cast<std::size_t>(comm->rank), send, count);
  ++clique.arrived;
  clique.changed.notify_all();
  clique.changed.wait(lock, [&] { return clique.arrived == comm->size; });
  std::memcpy(receive, clique.gathered.data(), clique.gathered.size());
  if (++clique.left == comm->size) {
    clique.arrived = 0;
    clique.left = 0;
    clique.changed.notify_all();
  }
  return success;
}

#if NCCL_FAKE_VERSION >= 22700
EXPORTED int ncclCommShrink(ncclComm* parent, int* /*excluded*/, int excluded, ncclComm** comm, Config* /*config*/,
                            int /*flags*/) {
  *comm = make(parent->rank, parent->size - excluded, parent->id + " shrunk");
  return success;
}
EXPORTED int ncclCommWindowRegister(ncclComm* /*comm*/, void* start, std::size_t /*bytes*/, void** window,
                                    int /*flags*/) {
  *window = start;
  return success;
}
EXPORTED int ncclCommWindowDeregister(ncclComm* /*comm*/, void* /*window*/) { return success; }
EXPORTED int ncclAlltoAll(const void* /*send*/, void* /*receive*/, std::size_t count, int /*dtype*/, ncclComm* comm,
                          void* /*stream*/) {
  return called("ncclAlltoAll", count, comm);
}
#endif
