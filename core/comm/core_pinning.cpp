// SPDX-License-Identifier: Apache-2.0
#include "comm/core_pinning.hpp"

#include <algorithm>
#include <vector>

namespace arbiter {

namespace {

std::vector<std::size_t> cores_in(const cpu_set_t& set) {
  std::vector<std::size_t> cores;
  for (std::size_t core = 0; core < CPU_SETSIZE; ++core) {
    if (CPU_ISSET(core, &set)) cores.push_back(core);
  }
  return cores;
}

/// Whether all ranks may run on the same cores, so that the rank determines the core.
bool same_everywhere(const cpu_set_t& set, ProcessGroup& group) {
  std::vector<cpu_set_t> all(static_cast<std::size_t>(group.size()));
  group.all_gather(&set, all.data(), sizeof set);
  return std::all_of(all.begin(), all.end(), [&](const auto& other) { return CPU_EQUAL(&other, &set); });
}

}  // namespace

CorePinning::CorePinning(ProcessGroup& group) {
  CPU_ZERO(&before_);
  const bool known = ::sched_getaffinity(0, sizeof before_, &before_) == 0;
  const auto cores = cores_in(before_);
  const auto ranks = static_cast<std::size_t>(group.size());
  if (!group.all(known && group.single_host() && ranks <= cores.size()) || !same_everywhere(before_, group)) return;
  cpu_set_t own;
  CPU_ZERO(&own);
  CPU_SET(cores[static_cast<std::size_t>(group.rank()) * cores.size() / ranks], &own);
  pinned_ = ::sched_setaffinity(0, sizeof own, &own) == 0;
}

CorePinning::~CorePinning() {
  if (pinned_) ::sched_setaffinity(0, sizeof before_, &before_);
}

}  // namespace arbiter
