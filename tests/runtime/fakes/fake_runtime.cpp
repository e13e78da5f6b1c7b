// SPDX-License-Identifier: Apache-2.0
// A libarbiter_runtime without GPUs: it says what it is called for. Messages of up to 256 KiB, and all fused ones, are
// its own; larger ones are NCCL's. FAKE_RUNTIME names what goes wrong: refuse, rank_1, no_kernels, launch, lost.
#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>

#include "arbiter/runtime.h"
#include "say.hpp"

namespace {

thread_local std::string last_error;  // NOLINT(cppcoreguidelines-avoid-non-const-global-variables)

bool goes_wrong(const std::string& what) {
  const char* set = std::getenv("FAKE_RUNTIME");
  return set != nullptr && set == what;
}

arbiter_status fail(arbiter_status status, const std::string& text) {
  last_error = text;
  return status;
}

void copy(const std::string& text, char* to, std::size_t room) {
  const std::size_t length = std::min(text.size(), room - 1);
  std::memcpy(to, text.data(), length);
  to[length] = '\0';
}

std::size_t bytes_of(const struct arbiter_operation& operation) {
  const auto width = operation.hidden_size == 0 ? 1U : static_cast<std::size_t>(operation.hidden_size);
  return static_cast<std::size_t>(operation.num_tokens) * width * (operation.dtype == ARBITER_FLOAT32 ? 4U : 2U);
}

std::string text_of(const void* pointer) { return std::to_string(reinterpret_cast<std::uintptr_t>(pointer)); }

}  // namespace

struct arbiter_comm {
  int rank = 0;
  int size = 0;
  int device = 0;
  std::size_t reserved = 0;
};

arbiter_status arbiter_comm_create(arbiter_comm_t* comm, const struct arbiter_comm_options* options) {
  *comm = nullptr;
  if (options->struct_size != sizeof(struct arbiter_comm_options)) {
    return fail(ARBITER_INVALID_ARGUMENT, "struct_size of the options: found " + std::to_string(options->struct_size) +
                                              "; allowed: " + std::to_string(sizeof(struct arbiter_comm_options)));
  }
  std::vector<int> ranks(static_cast<std::size_t>(options->size));
  if (options->all_gather(options->all_gather_context, &options->rank, ranks.data(), sizeof(int)) != 0) {
    return fail(ARBITER_EXCHANGE_FAILED, "the callback failed");
  }
  for (int rank = 0; rank < options->size; ++rank) {
    if (ranks[static_cast<std::size_t>(rank)] != rank) return fail(ARBITER_EXCHANGE_FAILED, "ranks in disorder");
  }
  if (goes_wrong("refuse")) return fail(ARBITER_DECISION_REFUSED, "decision.json: found tp 4; allowed: tp 2");
  if (goes_wrong("rank_1") && options->rank == 1) return fail(ARBITER_OUT_OF_MEMORY, "no memory on rank 1");
  *comm = new arbiter_comm{options->rank, options->size, options->device, 0};
  if (std::getenv("FAKE_RUNTIME_OPTIONS") != nullptr) {
    say("arbiter options nccl_comm " + text_of(options->nccl_comm) + " nccl_library " +
        (options->nccl_library != nullptr ? options->nccl_library : "null") + " decision " +
        (options->decision_path != nullptr ? options->decision_path : "null") + " timeout " +
        std::to_string(options->timeout_ms) + " workspace " + std::to_string(options->max_workspace_bytes) +
        " concurrent " + std::to_string(options->concurrent_communicators));
  }
  say("arbiter create rank " + std::to_string(options->rank) + " of " + std::to_string(options->size) + " device " +
      std::to_string(options->device));
  return ARBITER_OK;
}

arbiter_status arbiter_comm_reserve(arbiter_comm_t comm, size_t largest_message_bytes) {
  comm->reserved = largest_message_bytes;
  say("arbiter reserve " + std::to_string(largest_message_bytes));
  return ARBITER_OK;
}

arbiter_path arbiter_path_of(arbiter_comm_t /*comm*/, const struct arbiter_operation* operation) {
  constexpr std::size_t most = std::size_t{256} << 10U;
  if (operation->num_tokens == 0) return ARBITER_PATH_NOTHING;
  return operation->fusion != ARBITER_NONE || bytes_of(*operation) <= most ? ARBITER_PATH_ONESHOT : ARBITER_PATH_NCCL;
}

arbiter_status arbiter_explain(arbiter_comm_t comm, const struct arbiter_operation* operation,
                               struct arbiter_choice* choice) {
  if (choice->struct_size != sizeof *choice) return fail(ARBITER_INVALID_ARGUMENT, "struct_size of the choice");
  choice->path = arbiter_path_of(comm, operation);
  choice->launches = 1;
  choice->status = ARBITER_OK;
  copy("by its size", choice->reason, sizeof choice->reason);
  return ARBITER_OK;
}

arbiter_status arbiter_all_reduce(arbiter_comm_t comm, const struct arbiter_operation* operation,
                                  arbiter_stream_t stream) {
  if (operation->struct_size != sizeof(struct arbiter_operation)) {
    return fail(ARBITER_INVALID_ARGUMENT, "struct_size of the operation: found " +
                                              std::to_string(operation->struct_size) +
                                              "; allowed: " + std::to_string(sizeof(struct arbiter_operation)));
  }
  if (goes_wrong("launch")) return fail(ARBITER_CUDA_ERROR, "the launch failed");
  if (goes_wrong("lost")) return fail(ARBITER_PEER_LOST, "rank 1 ended");
  say("arbiter all_reduce " + std::to_string(operation->num_tokens) + " x " + std::to_string(operation->hidden_size) +
      " rank " + std::to_string(comm->rank) + " dtype " + std::to_string(operation->dtype) + " fusion " +
      std::to_string(operation->fusion) + " epsilon " + std::to_string(operation->epsilon) + " weight_bias " +
      std::to_string(operation->weight_bias) + " layout " + std::to_string(operation->scale_layout));
  if (std::getenv("FAKE_RUNTIME_ADDRESSES") != nullptr) {
    say("arbiter addresses input " + text_of(operation->input) + " output " + text_of(operation->output) +
        " residual_in " + text_of(operation->residual_in) + " residual_out " + text_of(operation->residual_out) +
        " weight " + text_of(operation->weight) + " norm_out " + text_of(operation->norm_out) + " quant_out " +
        text_of(operation->quant_out) + " scales_out " + text_of(operation->scales_out) + " scale " +
        text_of(operation->scale) + " stream " + text_of(stream));
  }
  return ARBITER_OK;
}

arbiter_status arbiter_comm_async_error(arbiter_comm_t /*comm*/) {
  return goes_wrong("lost") ? fail(ARBITER_PEER_LOST, "rank 1 ended") : ARBITER_OK;
}

arbiter_status arbiter_comm_get_info(arbiter_comm_t comm, struct arbiter_comm_info* info) {
  if (info->struct_size != sizeof *info) return fail(ARBITER_INVALID_ARGUMENT, "struct_size of the info");
  info->rank = comm->rank;
  info->size = comm->size;
  info->device = comm->device;
  info->nccl_version = 22809;
  info->reserved_bytes = comm->reserved;
  info->has_kernels = goes_wrong("no_kernels") ? 0 : 1;
  info->has_nccl = 1;
  copy("a decision for tests", info->decision, sizeof info->decision);
  if (info->has_kernels == 0) copy("the GPUs are not linked", info->why_no_kernels, sizeof info->why_no_kernels);
  return ARBITER_OK;
}

arbiter_status arbiter_comm_destroy(arbiter_comm_t comm) {
  if (comm != nullptr) say("arbiter destroy rank " + std::to_string(comm->rank));
  delete comm;
  return ARBITER_OK;
}

const char* arbiter_last_error(void) { return last_error.c_str(); }
const char* arbiter_status_name(int status) {
  switch (status) {
    case ARBITER_OK: return "ARBITER_OK";
    case ARBITER_DECISION_REFUSED: return "ARBITER_DECISION_REFUSED";
    case ARBITER_CUDA_ERROR: return "ARBITER_CUDA_ERROR";
    case ARBITER_PEER_LOST: return "ARBITER_PEER_LOST";
    default: return "another status";
  }
}
const char* arbiter_path_name(int path) {
  return path == ARBITER_PATH_ONESHOT ? "ONESHOT" : path == ARBITER_PATH_NCCL ? "NCCL" : "another path";
}
int arbiter_version(void) { return 200; }
