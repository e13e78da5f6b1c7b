// SPDX-License-Identifier: Apache-2.0
#include "comm/rank_environment.hpp"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <exception>
#include <fstream>
#include <string>
#include <thread>
#include <vector>

#include <sched.h>
#include <unistd.h>

#include "arbiter/error.hpp"

namespace arbiter {

namespace {

bool is_set(const char* name) { return std::getenv(name) != nullptr; }

int affinity_cores() {
  cpu_set_t set;
  CPU_ZERO(&set);
  if (sched_getaffinity(0, sizeof set, &set) == 0) return CPU_COUNT(&set);
  return static_cast<int>(std::max(1U, std::thread::hardware_concurrency()));
}

/// The container's quota in cores (cgroup v2), or a large number without one.
double quota_cores() {
  std::ifstream file("/sys/fs/cgroup/cpu.max");
  std::string quota;
  double period = 0.0;
  if (!(file >> quota >> period) || quota == "max" || period <= 0.0) return 1e9;
  return std::strtod(quota.c_str(), nullptr) / period;
}

}  // namespace

bool started_as_rank() {
  for (const char* name : {"OMPI_COMM_WORLD_RANK", "PMIX_RANK", "PMI_RANK"}) {
    if (is_set(name)) return true;
  }
  const char* tasks = std::getenv("SLURM_STEP_NUM_TASKS");
  if (tasks != nullptr && std::atoi(tasks) > 1) {
    throw ConfigError(
        "srun started this process as one of several, but these cannot find each other: use srun --mpi=pmix");
  }
  return false;
}

int usable_cores() {
  return std::max(1, std::min(affinity_cores(), static_cast<int>(std::ceil(std::min(quota_cores(), 1e6)))));
}

void prepare_mpi_environment(int ranks_on_host) {
  constexpr int keep = 0;
  ::setenv("OMPI_MCA_coll_tuned_use_dynamic_rules", "1", keep);
  if (ranks_on_host > usable_cores()) ::setenv("OMPI_MCA_mpi_yield_when_idle", "1", keep);
  if (::geteuid() == 0) {
    ::setenv("OMPI_ALLOW_RUN_AS_ROOT", "1", keep);
    ::setenv("OMPI_ALLOW_RUN_AS_ROOT_CONFIRM", "1", keep);
  }
}

void in_parallel(std::int64_t count, std::int64_t least, int ranks_on_host,
                 const std::function<void(std::int64_t, std::int64_t)>& work) {
  constexpr int most_threads = 32;
  const int share = std::clamp(usable_cores() / std::max(1, ranks_on_host), 1, most_threads);
  const auto parts = std::clamp<std::int64_t>(count / std::max<std::int64_t>(1, least), 1, share);
  if (parts == 1) return work(0, count);
  std::vector<std::exception_ptr> failures(static_cast<std::size_t>(parts));
  std::vector<std::thread> threads;
  const auto run = [&](std::int64_t part) {
    try {
      work(count * part / parts, count * (part + 1) / parts);
    } catch (...) {
      failures[static_cast<std::size_t>(part)] = std::current_exception();
    }
  };
  for (std::int64_t part = 1; part < parts; ++part) threads.emplace_back(run, part);
  run(0);
  for (auto& thread : threads) thread.join();
  for (const auto& failure : failures) {
    if (failure) std::rethrow_exception(failure);
  }
}

}  // namespace arbiter
