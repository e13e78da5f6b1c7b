// SPDX-License-Identifier: Apache-2.0
#include "arbiter/host/spin_wait.hpp"

#include <vector>

#include <fmt/format.h>
#include <sched.h>

#include "arbiter/error.hpp"

namespace arbiter {

namespace {

/// Long enough for two ranks on two cores to meet without a system call, short enough to cost a busy machine little.
constexpr int pauses_before_yielding = 2000;
/// Reading the clock costs as much as reading the counter several times.
constexpr int yields_between_clock_readings = 32;

void pause_core() {
#if defined(__x86_64__) || defined(__i386__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  asm volatile("yield" ::: "memory");
#endif
}

}  // namespace

bool ranks_outnumber_cores(ProcessGroup& group) {
  // mpirun may bind each rank to another core, so the masks of all ranks count.
  cpu_set_t mine;
  CPU_ZERO(&mine);
  const bool known = group.all(sched_getaffinity(0, sizeof mine, &mine) == 0);
  std::vector<cpu_set_t> masks(static_cast<std::size_t>(group.size()));
  group.all_gather(&mine, masks.data(), sizeof mine);
  cpu_set_t together;
  CPU_ZERO(&together);
  for (const cpu_set_t& mask : masks) CPU_OR(&together, &together, &mask);
  return group.max(known && group.size() > CPU_COUNT(&together) ? 1.0 : 0.0) > 0.0;
}

void SpinWait::wait(const SharedCounter& counter, std::uint64_t epoch, int peer) const {
  const auto arrived = [&] { return counter.load(std::memory_order_acquire) >= epoch; };
  if (!yield_at_once_) {
    for (int pause = 0; pause < pauses_before_yielding; ++pause) {
      pause_core();
      if (arrived()) return;
    }
  }
  using Clock = std::chrono::steady_clock;
  const Clock::time_point start = Clock::now();
  for (;;) {
    for (int yield = 0; yield < yields_between_clock_readings; ++yield) {
      sched_yield();
      if (arrived()) return;
    }
    if (Clock::now() - start < timeout_) continue;
    if (arrived()) return;
    throw TimeoutError(fmt::format("rank {} waited longer than {} ms for rank {}, which is at epoch {} and not at {}",
                                   rank_, timeout_.count(), peer, counter.load(std::memory_order_relaxed), epoch));
  }
}

}  // namespace arbiter
