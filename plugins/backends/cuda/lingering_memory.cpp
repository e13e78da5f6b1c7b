#include "lingering_memory.hpp"

#include <new>
#include <utility>

#include <cuda_runtime_api.h>

#include "arbiter/host/spin_wait.hpp"
#include "cuda_check.hpp"

namespace arbiter::cuda {

namespace {

/// The segment comes zeroed, which is a counter at 0.
SharedCounter& counter(const SharedSegment& segment, int rank) {
  return *std::launder(reinterpret_cast<SharedCounter*>(segment.of(rank)));
}

}  // namespace

LetGo::LetGo(ProcessGroup& group)
    : counters_(group, sizeof(SharedCounter)), rank_(group.rank()), ranks_(group.size()) {}

void LetGo::of(int owner) { counter(counters_, owner).fetch_add(1, std::memory_order_release); }

bool LetGo::by_all() const {
  return counter(counters_, rank_).load(std::memory_order_acquire) >= static_cast<std::uint64_t>(ranks_ - 1);
}

void LingeringMemory::add(void* memory, std::unique_ptr<LetGo> let_go) {
  entries_.push_back({memory, std::move(let_go)});
  sweep();
}

void LingeringMemory::sweep() {
  entries_.remove_if([](const Entry& entry) {
    if (!entry.let_go->by_all()) return false;
    static_cast<void>(cudaFree(entry.memory));
    return true;
  });
}

LingeringMemory::~LingeringMemory() {
  if (!device_became_idle()) return;
  for (const Entry& entry : entries_) static_cast<void>(cudaFree(entry.memory));
}

}  // namespace arbiter::cuda
