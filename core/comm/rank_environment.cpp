// SPDX-License-Identifier: Apache-2.0
#include "comm/rank_environment.hpp"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <exception>
#include <fstream>
#include <string>
#include <string_view>
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

bool is_one(const char* name) {
  const char* text = std::getenv(name);
  return text != nullptr && std::string_view(text) == "1";
}

/// The variable of a rank that no launcher gave to this process: it has no way to its launcher, or that started one
/// process. Null if there is none.
const char* inherited_rank() {
  const bool alone = is_one("SLURM_STEP_NUM_TASKS");
  if (is_set("PMIX_RANK")) {
    bool has_server = false;
    for (char** at = environ; *at != nullptr; ++at) {
      has_server = has_server || std::string_view(*at).starts_with("PMIX_SERVER_URI");
    }
    return alone || !has_server ? "PMIX_RANK" : nullptr;
  }
  if (is_set("PMI_RANK")) return alone || is_one("PMI_SIZE") || !is_set("PMI_SIZE") ? "PMI_RANK" : nullptr;
  return nullptr;
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
  if (is_set("OMPI_COMM_WORLD_RANK")) return true;
  if (inherited_rank() == nullptr && (is_set("PMIX_RANK") || is_set("PMI_RANK"))) return true;
  const char* tasks = std::getenv("SLURM_STEP_NUM_TASKS");
  if (tasks != nullptr && std::atoi(tasks) > 1) {
    throw ConfigError(
        "srun started this process as one of several, but these cannot find each other: use srun --mpi=pmix");
  }
  return false;
}

std::string take_inherited_rank() {
  const char* name = is_set("OMPI_COMM_WORLD_RANK") ? nullptr : inherited_rank();
  if (name == nullptr) return {};
  std::vector<std::string> names;
  for (char** at = environ; *at != nullptr; ++at) {
    const std::string_view entry(*at);
    if (entry.starts_with("PMIX_") || entry.starts_with("PMI_")) names.emplace_back(entry.substr(0, entry.find('=')));
  }
  for (const auto& each : names) ::unsetenv(each.c_str());
  return name;
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
