// SPDX-License-Identifier: Apache-2.0
#include "contract/contract_checker.hpp"

#include <algorithm>
#include <array>
#include <csignal>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <limits>

#include <fmt/format.h>

#include "sweep/log.hpp"

#ifdef __SANITIZE_ADDRESS__
extern "C" void __sanitizer_purge_allocator();  // GCC has it without its header
#endif

namespace arbiter {

namespace {

std::int64_t count_entries(const char* dir) {
  std::error_code error;
  std::int64_t count = 0;
  for (std::filesystem::directory_iterator at(dir, error), end; !error && at != end; at.increment(error)) ++count;
  return count;
}

std::int64_t count_lines(const char* name) {
  std::ifstream file(name);
  return std::count(std::istreambuf_iterator<char>(file), {}, '\n');
}

/// Also those that have ended, until they are waited for. 0 on kernels that do not tell.
std::int64_t count_children() {
  std::error_code error;
  std::int64_t count = 0;
  for (std::filesystem::directory_iterator at("/proc/self/task", error), end; !error && at != end;
       at.increment(error)) {
    std::ifstream file(at->path() / "children");
    count += std::distance(std::istream_iterator<std::string>(file), {});
  }
  return count;
}

// What says most comes first: a thread that is left over has memory mappings, too.
constexpr std::array resource_names{"file descriptors", "child processes", "threads", "memory mappings"};

std::array<std::int64_t, resource_names.size()> held_resources() {
#ifdef __SANITIZE_ADDRESS__
  __sanitizer_purge_allocator();  // it keeps freed memory mapped, more of it with each round
#endif
  return {count_entries("/proc/self/fd"), count_children(), count_entries("/proc/self/task"),
          count_lines("/proc/self/maps")};
}

}  // namespace

ContractChecker::ContractChecker(ProcessGroup& ranks, std::chrono::seconds patience, ReportStep report_step)
    : ranks_(ranks), report_step_(std::move(report_step)), watchdog_([this, patience] { watch(patience); }) {}

ContractChecker::~ContractChecker() {
  {
    const std::lock_guard lock(mutex_);
    over_ = true;
  }
  changed_.notify_all();
  watchdog_.join();
}

void ContractChecker::watch(std::chrono::seconds patience) {
  std::unique_lock lock(mutex_);
  while (!over_) {
    changed_.wait_for(lock, std::chrono::milliseconds(200));
    // Rank 0 prints the reason, so the others give it time to.
    const auto limit = patience + std::chrono::seconds(ranks_.rank() == 0 ? 0 : 2);
    if (!testing_ || std::chrono::steady_clock::now() - clause_start_ < limit) continue;
    const auto text = fmt::format("{}: still running after {} s: slow, or hung; ARBITER_CHECK_SECONDS={} allows more",
                                  step_, patience.count(), 10 * patience.count());
    if (ranks_.rank() == 0 && !report_step_(text)) log::error(text);
    ::raise(SIGKILL);
  }
}

void ContractChecker::set_step(const std::string& step) {
  const std::lock_guard lock(mutex_);
  step_ = step;
  static_cast<void>(report_step_(step_));
}

void ContractChecker::set_case(const std::string& name) { set_step(fmt::format("{}: {}", clause_, name)); }

void ContractChecker::expect(const std::string& clause, const std::function<std::string()>& test) {
  {
    const std::lock_guard lock(mutex_);
    clause_ = clause;
    clause_start_ = std::chrono::steady_clock::now();
    testing_ = true;
  }
  set_step(clause);
  std::string tried;
  std::string failure;
  try {
    collectively(ranks_, [&] { tried = test(); });
  } catch (const ViolationOnAllRanks& violation) {
    failure = violation.what();
  }
  {
    const std::lock_guard lock(mutex_);
    testing_ = false;
  }
  if (!failure.empty()) ++violations_;
  if (ranks_.rank() != 0) return;
  if (failure.empty()) {
    log::say(fmt::format("ok      {}{}", clause, tried.empty() ? "" : fmt::format(" ({})", tried)));
  } else {
    log::say(fmt::format("FAILED  {}\n        {}", clause, failure));
  }
}

void ContractChecker::expect_on_root(const std::string& clause, const std::function<std::string()>& test) {
  expect(clause, [&] {
    std::string tried;
    std::string failure;
    if (ranks_.rank() == 0) failure = failure_of([&] { tried = test(); });
    failure = ranks_.broadcast(std::move(failure), 0);
    if (!failure.empty()) throw ViolationOnAllRanks(failure);
    return tried;
  });
}

void ContractChecker::pass_over(const std::string& clause) {
  if (ranks_.rank() == 0) log::say(fmt::format("-       {} (not tested: see above)", clause));
}

void ContractChecker::note(const std::string& text) {
  if (ranks_.rank() == 0) log::say(fmt::format("note    {}", text));
}

void ContractChecker::collectively(ProcessGroup& group, const std::function<void()>& step) {
  std::string failure;
  bool timed_out = false;
  try {
    step();
  } catch (const ViolationOnAllRanks& agreed) {
    failure = agreed.what();
  } catch (...) {
    const Failure own = failure_of([] { throw; });
    failure = fmt::format("rank {}: {}", group.rank(), own);
    timed_out = own.timed_out;
  }
  if (group.all(failure.empty())) return;
  if (!group.all(failure.empty() || timed_out) && timed_out) failure.clear();
  const auto all = group.all_gather(failure);
  throw ViolationOnAllRanks(*std::find_if(all.begin(), all.end(), [](const auto& text) { return !text.empty(); }));
}

void expect_no_leak(const std::string& what, int rounds, const std::function<void()>& round) {
  constexpr int warm_up_rounds = 3;
  constexpr int repetitions = 3;
  for (int i = 0; i < warm_up_rounds; ++i) round();
  // The least growth counts: what grows once is a cache.
  std::array<std::int64_t, resource_names.size()> growth{};
  growth.fill(std::numeric_limits<std::int64_t>::max());
  for (int repetition = 0; repetition < repetitions; ++repetition) {
    const auto before = held_resources();
    for (int i = 0; i < rounds; ++i) round();
    const auto after = held_resources();
    for (std::size_t i = 0; i < growth.size(); ++i) {
      growth[i] = std::min(growth[i], (after[i] - before[i]) / rounds);
    }
  }
  for (std::size_t i = 0; i < growth.size(); ++i) {
    if (growth[i] > 0) {
      throw ContractViolation(fmt::format("{}: {} {} leaked per round", what, growth[i], resource_names[i]));
    }
  }
}

}  // namespace arbiter
