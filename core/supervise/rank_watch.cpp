#include "supervise/rank_watch.hpp"

#include <cerrno>
#include <cstddef>

#include <sys/syscall.h>
#include <unistd.h>

namespace arbiter {

namespace {

/// poll() passes over negative descriptors: kernels without such things, processes that are gone, ranks elsewhere.
pollfd end_of(pid_t process) {
  if (process <= 0) return {-1, POLLIN, 0};
  return {static_cast<int>(::syscall(SYS_pidfd_open, process, 0)), POLLIN, 0};
}

int rank_of(std::size_t position) { return static_cast<int>(position) - 1; }

void forget(pollfd& process) {
  if (process.fd >= 0) ::close(process.fd);
  process.fd = -1;
}

}  // namespace

RankWatch::~RankWatch() = default;

RankExitMonitor::RankExitMonitor(pid_t launcher) : waited_for_{end_of(launcher)} {}

RankExitMonitor::~RankExitMonitor() {
  for (auto& process : waited_for_) forget(process);
}

void RankExitMonitor::look_at(const std::vector<pid_t>& ranks, RankWatch& watch) {
  watch_ = &watch;
  std::vector<int> gone;
  for (const pid_t process : ranks) {
    waited_for_.push_back(end_of(process));
    if (process > 0 && waited_for_.back().fd < 0 && errno == ESRCH) gone.push_back(rank_of(waited_for_.size() - 1));
  }
  note_end_of(gone);
}

void RankExitMonitor::wait(int milliseconds) {
  if (::poll(waited_for_.data(), waited_for_.size(), milliseconds) <= 0) return;
  std::vector<int> gone;
  for (std::size_t i = 1; i < waited_for_.size(); ++i) {
    if (waited_for_[i].fd < 0 || waited_for_[i].revents == 0) continue;
    forget(waited_for_[i]);
    gone.push_back(rank_of(i));
  }
  note_end_of(gone);
}

void RankExitMonitor::note_end_of(std::vector<int> ranks) {
  std::erase_if(ranks, [this](int rank) { return watch_->was_told_to_end(rank); });
  if (ranks.size() == 1 && !any_left_) first_ = ranks.front();
  any_left_ = any_left_ || !ranks.empty();
}

}  // namespace arbiter
