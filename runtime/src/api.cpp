// SPDX-License-Identifier: Apache-2.0
// The C functions: they check sizes of structures, and turn what is thrown into statuses.
#include <cstring>
#include <memory>
#include <new>
#include <string>

#include <fmt/format.h>

#include "arbiter/error.hpp"
#include "arbiter/runtime.h"
#include "communicator.hpp"

struct arbiter_comm : arbiter::runtime::Communicator {
  using Communicator::Communicator;
};

namespace {

using arbiter::runtime::CallError;

thread_local std::string last_error;  // NOLINT(cppcoreguidelines-avoid-non-const-global-variables)

arbiter_status failed(arbiter_status status, const char* text) noexcept {
  try {
    last_error = text;
  } catch (...) {
    last_error.clear();
  }
  return status;
}

template <class Work>
arbiter_status guarded(const Work& work) noexcept {
  try {
    work();
    return ARBITER_OK;
  } catch (const CallError& error) {
    return failed(error.status(), error.what());
  } catch (const std::bad_alloc&) {
    return failed(ARBITER_OUT_OF_MEMORY, "the host has no memory left");
  } catch (const std::exception& error) {
    return failed(ARBITER_INTERNAL_ERROR, error.what());
  } catch (...) {
    return failed(ARBITER_INTERNAL_ERROR, "something was thrown that is no std::exception");
  }
}

void need(const void* pointer, const char* name) {
  if (pointer == nullptr) throw CallError(ARBITER_INVALID_ARGUMENT, fmt::format("{} is null", name));
}

/// A structure of the caller, as this library knows it.
template <class Structure>
const Structure& known(const Structure* given, const char* name) {
  need(given, name);
  if (given->struct_size != sizeof(Structure)) {
    throw CallError(ARBITER_INVALID_ARGUMENT,
                    fmt::format("{}->struct_size is {}; this library knows {} (version {})", name, given->struct_size,
                                sizeof(Structure), arbiter_version()));
  }
  return *given;
}

}  // namespace

arbiter_status arbiter_comm_create(arbiter_comm_t* comm, const arbiter_comm_options* options) {
  return guarded([&] {
    need(comm, "comm");
    *comm = nullptr;
    *comm = std::make_unique<arbiter_comm>(known(options, "options")).release();
  });
}

arbiter_status arbiter_comm_reserve(arbiter_comm_t comm, size_t largest_message_bytes) {
  return guarded([&] {
    need(comm, "comm");
    if (const auto status = comm->health(); status != ARBITER_OK) throw CallError(status, comm->health_text());
    comm->reserve(largest_message_bytes);
  });
}

arbiter_status arbiter_all_reduce(arbiter_comm_t comm, const struct arbiter_operation* operation,
                                  arbiter_stream_t stream) {
  return guarded([&] {
    need(comm, "comm");
    comm->all_reduce(known(operation, "operation"), stream);
  });
}

arbiter_path arbiter_path_of(arbiter_comm_t comm, const struct arbiter_operation* operation) {
  if (comm == nullptr || operation == nullptr || operation->struct_size != sizeof(struct arbiter_operation)) {
    return ARBITER_PATH_NCCL;
  }
  try {
    return comm->path_of(*operation);
  } catch (...) {
    return ARBITER_PATH_NCCL;
  }
}

arbiter_status arbiter_explain(arbiter_comm_t comm, const struct arbiter_operation* operation, arbiter_choice* choice) {
  return guarded([&] {
    need(comm, "comm");
    static_cast<void>(known(choice, "choice"));
    comm->explain(known(operation, "operation"), *choice);
  });
}

arbiter_status arbiter_comm_async_error(arbiter_comm_t comm) {
  return guarded([&] {
    need(comm, "comm");
    if (const auto status = comm->health(); status != ARBITER_OK) throw CallError(status, comm->health_text());
  });
}

arbiter_status arbiter_comm_get_info(arbiter_comm_t comm, arbiter_comm_info* info) {
  return guarded([&] {
    need(comm, "comm");
    static_cast<void>(known(info, "info"));
    comm->describe(*info);
  });
}

arbiter_status arbiter_comm_destroy(arbiter_comm_t comm) {
  return guarded([&] { delete comm; });  // NOLINT(cppcoreguidelines-owning-memory): it is the caller's
}

const char* arbiter_last_error() { return last_error.c_str(); }

const char* arbiter_status_name(int status) {
  switch (status) {
    case ARBITER_OK: return "ARBITER_OK";
    case ARBITER_INVALID_ARGUMENT: return "ARBITER_INVALID_ARGUMENT";
    case ARBITER_UNSUPPORTED: return "ARBITER_UNSUPPORTED";
    case ARBITER_DECISION_REFUSED: return "ARBITER_DECISION_REFUSED";
    case ARBITER_OUT_OF_MEMORY: return "ARBITER_OUT_OF_MEMORY";
    case ARBITER_CUDA_ERROR: return "ARBITER_CUDA_ERROR";
    case ARBITER_NCCL_ERROR: return "ARBITER_NCCL_ERROR";
    case ARBITER_PEER_LOST: return "ARBITER_PEER_LOST";
    case ARBITER_TIMEOUT: return "ARBITER_TIMEOUT";
    case ARBITER_EXCHANGE_FAILED: return "ARBITER_EXCHANGE_FAILED";
    case ARBITER_NOT_RESERVED: return "ARBITER_NOT_RESERVED";
    case ARBITER_INTERNAL_ERROR: return "ARBITER_INTERNAL_ERROR";
    default: return "unknown status";
  }
}

const char* arbiter_path_name(int path) {
  switch (path) {
    case ARBITER_PATH_NCCL: return "NCCL";
    case ARBITER_PATH_ONESHOT: return "ONESHOT";
    case ARBITER_PATH_TWOSHOT: return "TWOSHOT";
    case ARBITER_PATH_NOTHING: return "NOTHING";
    default: return "unknown path";
  }
}

int arbiter_version() { return ARBITER_RUNTIME_VERSION; }
