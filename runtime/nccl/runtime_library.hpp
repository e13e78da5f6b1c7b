// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "arbiter/runtime.h"

namespace arbiter::nccl {

/// libarbiter_runtime's functions. Loaded with the first communicator that it could serve.
struct RuntimeLibrary {
  decltype(&arbiter_comm_create) create = nullptr;
  decltype(&arbiter_comm_reserve) reserve = nullptr;
  decltype(&arbiter_all_reduce) all_reduce = nullptr;
  decltype(&arbiter_path_of) path_of = nullptr;
  decltype(&arbiter_explain) explain = nullptr;
  decltype(&arbiter_comm_async_error) async_error = nullptr;
  decltype(&arbiter_comm_get_info) get_info = nullptr;
  decltype(&arbiter_comm_destroy) destroy = nullptr;
  decltype(&arbiter_last_error) last_error = nullptr;
  decltype(&arbiter_status_name) status_name = nullptr;
  decltype(&arbiter_path_name) path_name = nullptr;
};

/// Null, and said once, where it does not load.
[[nodiscard]] const RuntimeLibrary* runtime_library();

}  // namespace arbiter::nccl
