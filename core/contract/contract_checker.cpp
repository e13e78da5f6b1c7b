#include "contract/contract_checker.hpp"

#include <algorithm>
#include <csignal>

#include <fmt/format.h>

#include "arbiter/error.hpp"
#include "sweep/log.hpp"

namespace arbiter {

ContractChecker::ContractChecker(ProcessGroup& ranks, std::chrono::seconds patience, Step step)
    : ranks_(ranks), step_(std::move(step)), watchdog_([this, patience] { watch(patience); }) {}

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
    // Rank 0 says it, so the others give it time.
    const auto limit = patience + std::chrono::seconds(ranks_.rank() == 0 ? 0 : 2);
    if (!trying_ || std::chrono::steady_clock::now() - clause_start_ < limit) continue;
    if (ranks_.rank() == 0) log::error(fmt::format("{}: no end after {} s", clause_, patience.count()));
    ::raise(SIGKILL);
  }
}

void ContractChecker::at(const std::string& place) { step_(fmt::format("{}: {}", clause_, place)); }

void ContractChecker::hold(const std::string& clause, const std::function<std::string()>& test) {
  {
    const std::lock_guard lock(mutex_);
    clause_ = clause;
    clause_start_ = std::chrono::steady_clock::now();
    trying_ = true;
  }
  step_(clause);
  std::string tried;
  std::string failure;
  try {
    together(ranks_, [&] { tried = test(); });
  } catch (const ViolationOnAllRanks& broken) {
    failure = broken.what();
  }
  {
    const std::lock_guard lock(mutex_);
    trying_ = false;
  }
  if (!failure.empty()) ++broken_;
  if (ranks_.rank() != 0) return;
  if (failure.empty()) {
    log::say(fmt::format("ok      {}{}", clause, tried.empty() ? "" : fmt::format(" ({})", tried)));
  } else {
    log::say(fmt::format("FAILED  {}\n        {}", clause, failure));
  }
}

void ContractChecker::hold_on_root(const std::string& clause, const std::function<std::string()>& test) {
  hold(clause, [&]() -> std::string {
    std::string tried;
    std::string failure;
    try {
      if (ranks_.rank() == 0) tried = test();
    } catch (...) {
      failure = what_was_thrown();
    }
    failure = ranks_.broadcast(std::move(failure), 0);
    if (!failure.empty()) throw ViolationOnAllRanks(failure);
    return tried;
  });
}

void ContractChecker::note(const std::string& text) {
  if (ranks_.rank() == 0) log::say(fmt::format("note    {}", text));
}

void ContractChecker::together(ProcessGroup& group, const std::function<void()>& step) {
  // The first character says whether the ranks had agreed on the text already: then it names the rank.
  std::string failure;
  try {
    step();
  } catch (const ViolationOnAllRanks& agreed) {
    failure = std::string("=") + agreed.what();
  } catch (...) {
    failure = "!" + what_was_thrown();
  }
  if (group.all(failure.empty())) return;
  const auto all = group.all_gather(failure);
  const auto first = std::find_if(all.begin(), all.end(), [](const auto& text) { return !text.empty(); });
  throw ViolationOnAllRanks(first->front() == '=' ? first->substr(1)
                                                  : fmt::format("rank {}: {}", first - all.begin(), first->substr(1)));
}

}  // namespace arbiter
