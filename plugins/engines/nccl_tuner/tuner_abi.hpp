// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>

namespace arbiter::tuner {

// NCCL's interface of tuner plugins, versions 4 and 5: structures of C, which NCCL finds by the names
// ncclTunerPlugin_v4 and ncclTunerPlugin_v5. NCCL 2.28 takes version 5, NCCL 2.32 too where there is no version 6, and
// NCCL before 2.27 version 4. It is declared here, so that nothing of NCCL is needed to build.

/// ncclResult_t.
using Result = int;
inline constexpr Result success = 0;
inline constexpr Result system_error = 2;

/// ncclDebugLogger_t: NCCL's own log, which prints where NCCL_DEBUG allows the level. Any thread may call it.
using Log = void (*)(int level, unsigned long subsystems, const char* file, int line, const char* format, ...);
inline constexpr int log_warn = 2;
inline constexpr int log_info = 3;
inline constexpr unsigned long subsystem_init = 0x1;
inline constexpr unsigned long subsystem_tuning = 0x40;

/// ncclFunc_t, of the collectives that a tuner is asked for.
enum Collective : int { broadcast = 0, reduce = 1, all_gather = 2, reduce_scatter = 3, all_reduce = 4 };

/// Asked for each collective, from any thread. `cost_table` is no pointer to pointers but the first of
/// algorithms x protocols floats: microseconds that NCCL expects, below zero where it cannot run the two. NCCL takes
/// the least; `channels` is 0 for its own number of them.
using GetCollInfo = Result (*)(void* context, int collective, std::size_t bytes, int pipe_ops, float** cost_table,
                               int algorithms, int protocols, int registered, int* channels);

/// ncclTuner_v4_t. `init` and `destroy` are called once for each communicator.
struct TunerV4 {
  const char* name;
  Result (*init)(std::size_t ranks, std::size_t nodes, Log log, void** context);
  GetCollInfo get_coll_info;
  Result (*destroy)(void* context);
};

/// ncclTuner_v5_t. `nvl_domains` and `constants` may be null; a tuner may change the constants of NCCL's own model.
struct TunerV5 {
  const char* name;
  Result (*init)(void** context, std::uint64_t communicator, std::size_t ranks, std::size_t nodes, Log log,
                 void* nvl_domains, void* constants);
  GetCollInfo get_coll_info;
  Result (*finalize)(void* context);
};

}  // namespace arbiter::tuner
