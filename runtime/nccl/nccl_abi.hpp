// SPDX-License-Identifier: Apache-2.0
// What of NCCL's ABI the drop-in reads. It is the same in every version from 2.18, so no nccl.h is needed, which is of
// one version.
#pragma once

#include <cstddef>
#include <cstdint>

struct ncclComm;
struct CUstream_st;

namespace arbiter::nccl {

using Comm = ncclComm*;
using Stream = CUstream_st*;
using Window = void*;

/// ncclResult_t.
enum Result : int {
  success = 0,
  unhandled_cuda_error = 1,
  system_error = 2,
  internal_error = 3,
  invalid_argument = 4,
  invalid_usage = 5,
  remote_error = 6,
  in_progress = 7,
};

/// ncclDataType_t.
enum DataType : int { int8 = 0, float16 = 6, float32 = 7, bfloat16 = 9 };

/// ncclRedOp_t. The ids of a user's own operations are above those of NCCL.
enum Operation : int { sum = 0 };

/// ncclUniqueId, which is passed by value.
struct UniqueId {
  char internal[128];
};

/// The start of ncclConfig_t, which grows at its end.
struct Config {
  std::size_t size;
  unsigned int magic;
  unsigned int version;
  int blocking;  ///< 0: calls return before they are done; undefined_int: the default, 1
};
inline constexpr int undefined_int = INT32_MIN;

/// One ncclAllReduce().
struct AllReduceCall {
  const void* send = nullptr;
  void* receive = nullptr;
  std::size_t count = 0;
  DataType dtype = int8;
  Operation operation = sum;
  Comm comm = nullptr;
  Stream stream = nullptr;
};

}  // namespace arbiter::nccl
