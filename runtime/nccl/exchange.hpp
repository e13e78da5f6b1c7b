// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>

#include "nccl_abi.hpp"

namespace arbiter::nccl {

/// Gathers a few bytes of each rank of a communicator of NCCL's, over NCCL: there is no other way that all ranks of a
/// communicator share. On a stream and in device memory of its own. One thread at a time.
class Exchange {
 public:
  Exchange(Comm comm, int size, int device);
  ~Exchange();
  Exchange(const Exchange&) = delete;
  Exchange& operator=(const Exchange&) = delete;

  /// `receive` has room for size * bytes. False if CUDA or NCCL failed.
  [[nodiscard]] bool gather(const void* send, void* receive, std::size_t bytes);

  /// An arbiter_all_gather_t whose context is an Exchange.
  static int callback(void* exchange, const void* send, void* receive, std::size_t bytes);

 private:
  bool make_room(std::size_t bytes);

  Comm comm_;
  std::size_t size_;
  int device_;
  void* context_ = nullptr;
  Stream stream_ = nullptr;
  std::uint64_t memory_ = 0;
  std::size_t room_ = 0;  // bytes of all ranks, and of this one
};

}  // namespace arbiter::nccl
