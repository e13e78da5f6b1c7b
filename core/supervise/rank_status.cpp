// SPDX-License-Identifier: Apache-2.0
#include "supervise/rank_status.hpp"

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <sstream>
#include <utility>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/mman.h>
#include <unistd.h>

#include "arbiter/error.hpp"

namespace arbiter {

namespace {

/// The file has texts of fixed size, and the term marks, a byte for each rank.
constexpr std::size_t slot_bytes = 4096;
constexpr std::size_t ranks_slot = 0;
constexpr std::size_t current_slot = slot_bytes;
constexpr std::size_t term_marks = 2 * slot_bytes;
constexpr std::size_t error_slot = 3 * slot_bytes;
constexpr std::size_t outcome_slot = 4 * slot_bytes;

RankStatus::TermMark installed_mark;  // the handler's; set while none is installed

extern "C" void mark_and_end(int signal) {
  const char got = 1;
  static_cast<void>(!::pwrite(installed_mark.descriptor, &got, 1, installed_mark.offset));
  ::signal(signal, SIG_DFL);
  ::raise(signal);
}

}  // namespace

RankStatus::RankStatus() : descriptor_(::memfd_create("arbiter ranks", MFD_CLOEXEC)), is_launchers_(true) {
  if (descriptor_ < 0) throw SystemError("create a file in memory", errno);
  ::setenv(variable, fmt::format("/proc/{}/fd/{}", ::getpid(), descriptor_).c_str(), 1);
}

RankStatus::~RankStatus() {
  ::close(descriptor_);
  if (is_launchers_) ::unsetenv(variable);
}

std::unique_ptr<RankStatus> RankStatus::of_launcher() {
  const char* path = std::getenv(variable);
  const int descriptor = path == nullptr ? -1 : ::open(path, O_RDWR | O_CLOEXEC);
  if (descriptor < 0) return nullptr;
  return std::unique_ptr<RankStatus>(new RankStatus(descriptor));
}

void RankStatus::write_slot(std::size_t offset, std::string text) {
  text.resize(std::min(text.size(), slot_bytes - 1));
  // One write, with its terminator: the launcher may read at any time.
  if (::pwrite(descriptor_, text.c_str(), text.size() + 1, static_cast<off_t>(offset)) < 0) {
    throw SystemError("tell the launcher", errno);
  }
}

std::string RankStatus::slot(std::size_t offset) const {
  std::string whole(slot_bytes, '\0');
  const ssize_t read = ::pread(descriptor_, whole.data(), whole.size(), static_cast<off_t>(offset));
  whole.resize(static_cast<std::size_t>(std::max<ssize_t>(read, 0)));
  return whole.substr(0, whole.find('\0'));
}

void RankStatus::begin_launch() {
  if (::ftruncate(descriptor_, 0) != 0) throw SystemError("cut a file in memory", errno);
}

void RankStatus::write_ranks(const std::vector<pid_t>& pids) {
  std::string text;
  for (const pid_t pid : pids) text += std::to_string(pid) + " ";
  write_slot(ranks_slot, text);
}

std::vector<pid_t> RankStatus::ranks() const {
  std::istringstream text(slot(ranks_slot));
  std::vector<pid_t> pids;
  for (pid_t pid = 0; text >> pid;) pids.push_back(pid);
  return pids;
}

RankStatus::TermMark RankStatus::term_mark(int rank) const {
  return {descriptor_, static_cast<off_t>(term_marks) + std::min<off_t>(rank, slot_bytes - 1)};
}

bool RankStatus::got_sigterm(int rank) const {
  char mark = 0;
  return ::pread(descriptor_, &mark, 1, term_mark(rank).offset) == 1 && mark == 1;
}

void RankStatus::write_current(const Cell& cell, Phase phase, double patience_seconds) {
  const auto key = std::pair(cell, phase);
  auto at = rendered_.find(key);
  if (at == rendered_.end()) {
    if (!rendered_.empty() && rendered_.begin()->first.first.problem != cell.problem) rendered_.clear();
    auto text = fmt::format("{} {} {}", static_cast<int>(phase), patience_seconds, to_json_text(cell));
    at = rendered_.emplace(key, std::move(text)).first;
  }
  write_slot(current_slot, at->second);
}

void RankStatus::clear_current() { write_slot(current_slot, ""); }

std::optional<RankStatus::Current> RankStatus::current() const {
  std::istringstream text(slot(current_slot));
  Current current;
  int phase = 0;
  std::string cell;
  if (!(text >> phase >> current.patience_seconds) || !std::getline(text, cell)) return std::nullopt;
  current.phase = static_cast<Phase>(phase);
  current.cell = cell_from_json(cell);
  return current;
}

std::string RankStatus::progress_stamp() const { return slot(current_slot); }

void RankStatus::write_error(const std::string& text) {
  if (error().empty()) write_slot(error_slot, text);
}

std::string RankStatus::error() const { return slot(error_slot); }

void RankStatus::write_outcome(const std::string& text) { write_slot(outcome_slot, text); }

std::string RankStatus::outcome() const { return slot(outcome_slot); }

TermMarker::TermMarker(int rank) : status_(RankStatus::of_launcher()) {
  if (status_ == nullptr) return;
  installed_mark = status_->term_mark(rank);
  struct sigaction action {};
  action.sa_handler = mark_and_end;
  sigemptyset(&action.sa_mask);
  ::sigaction(SIGTERM, &action, &before_);
}

TermMarker::~TermMarker() {
  if (status_ != nullptr) ::sigaction(SIGTERM, &before_, nullptr);
}

}  // namespace arbiter
