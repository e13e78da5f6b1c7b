// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <memory>
#include <string>

#include "arbiter/runtime.h"

namespace arbiter::runtime {

/// NCCL's unique id.
using NcclId = std::array<char, 128>;

/// The NCCL library, loaded with dlopen. Its functions and numbers have been the same since 2.18.
class Nccl {
 public:
  /// `name`: as arbiter_comm_options::nccl_library, not empty. Null if there is no such library; `why` then says so.
  [[nodiscard]] static std::shared_ptr<const Nccl> load(const char* name, std::string& why);

  /// As ncclGetVersion(): 22803 for 2.28.3.
  [[nodiscard]] int version() const { return version_; }
  [[nodiscard]] NcclId make_id() const;
  [[nodiscard]] void* init(const NcclId& id, int rank, int size) const;
  void destroy(void* comm) const;
  [[nodiscard]] int rank_of(void* comm) const;
  [[nodiscard]] int size_of(void* comm) const;
  void all_reduce(const void* from, void* to, std::size_t count, arbiter_dtype dtype, void* comm,
                  arbiter_stream_t stream) const;
  /// `from` and `to` are device memory.
  void all_gather_bytes(const void* from, void* to, std::size_t bytes, void* comm, arbiter_stream_t stream) const;

 private:
  Nccl() = default;
  void check(int code, const char* action) const;

  int version_ = 0;
  const char* (*error_string_)(int) = nullptr;
  int (*get_id_)(NcclId*) = nullptr;
  int (*init_)(void**, int, NcclId, int) = nullptr;
  int (*destroy_)(void*) = nullptr;
  int (*rank_)(void*, int*) = nullptr;
  int (*count_)(void*, int*) = nullptr;
  int (*all_reduce_)(const void*, void*, std::size_t, int, int, void*, arbiter_stream_t) = nullptr;
  int (*all_gather_)(const void*, void*, std::size_t, int, void*, arbiter_stream_t) = nullptr;
};

}  // namespace arbiter::runtime
