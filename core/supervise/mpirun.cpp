// SPDX-License-Identifier: Apache-2.0
#include "supervise/mpirun.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstddef>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <optional>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "arbiter/error.hpp"
#include "comm/rank_environment.hpp"

namespace arbiter {

namespace {

constexpr std::array forwarded{SIGINT, SIGTERM, SIGHUP};

// For the signal handler.
volatile std::sig_atomic_t child_pid = 0;
volatile std::sig_atomic_t last_signal = 0;

extern "C" void forward(int signal) {
  last_signal = signal;
  if (child_pid > 0) ::kill(static_cast<pid_t>(child_pid), signal == SIGHUP ? SIGTERM : signal);
}

/// Forwards signals to mpirun while it lives.
class SignalForwarding {
 public:
  SignalForwarding() {
    struct sigaction action {};
    action.sa_handler = forward;
    sigemptyset(&action.sa_mask);
    for (std::size_t i = 0; i < forwarded.size(); ++i) ::sigaction(forwarded[i], &action, &before_[i]);
  }
  ~SignalForwarding() {
    for (std::size_t i = 0; i < forwarded.size(); ++i) ::sigaction(forwarded[i], &before_[i], nullptr);
    child_pid = 0;
  }
  SignalForwarding(const SignalForwarding&) = delete;
  SignalForwarding& operator=(const SignalForwarding&) = delete;

 private:
  std::array<struct sigaction, forwarded.size()> before_{};
};

std::vector<std::string> mpirun_command(int ranks, const std::vector<std::string>& command, bool core_each) {
  const char* named = std::getenv("ARBITER_MPIRUN");
  std::vector<std::string> full{named != nullptr ? named : "mpirun", "-n", std::to_string(ranks), "--oversubscribe"};
  // A rank that migrates loses its caches, so it is bound, unless ranks must share cores.
  full.insert(full.end(), {"--bind-to", core_each && ranks <= usable_cores() ? "core" : "none"});
  full.insert(full.end(), command.begin(), command.end());
  return full;
}

/// Runs in the child after fork(), so only async-signal-safe calls. mpirun gets a separate process group, so that a
/// terminal's Ctrl-C reaches it once, through us: at the second it would abandon its ranks. Reading the terminal would
/// stop a background group, hence /dev/null.
[[noreturn]] void exec_mpirun(char* const* arguments, int error_pipe) {
  ::setpgid(0, 0);
  ::prctl(PR_SET_PDEATHSIG, SIGTERM);
  const int null_input = ::open("/dev/null", O_RDONLY);
  if (null_input >= 0) ::dup2(null_input, STDIN_FILENO);
  ::execvp(arguments[0], arguments);
  const int error = errno;
  static_cast<void>(!::write(error_pipe, &error, sizeof error));
  ::_exit(127);
}

/// mpirun stops its ranks when it gets SIGTERM and kills them a second later. If that does not help, mpirun and the
/// ranks are killed here.
class Shutdown {
 public:
  void begin(pid_t mpirun) {
    began_ = std::chrono::steady_clock::now();
    ::kill(mpirun, SIGTERM);
  }
  void kill_if_overdue(pid_t mpirun, const std::vector<pid_t>& ranks) {
    constexpr std::chrono::seconds patience{20};
    if (!began_ || killed_ || std::chrono::steady_clock::now() - *began_ < patience) return;
    killed_ = true;
    for (const pid_t rank : ranks) {
      if (rank > 0) ::kill(rank, SIGKILL);
    }
    ::kill(mpirun, SIGKILL);
  }

 private:
  std::optional<std::chrono::steady_clock::time_point> began_;
  bool killed_ = false;
};

bool has_exited(pid_t mpirun, MpirunResult& result) {
  int status = 0;
  const pid_t exited = ::waitpid(mpirun, &status, WNOHANG);
  if (exited < 0 && errno != EINTR) throw SystemError("wait for mpirun", errno);
  if (exited != mpirun) return false;
  result.mpirun_killed = WIFSIGNALED(status);
  result.status = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
  return true;
}

/// Open MPI's folder of this mpirun, which it removes itself unless it is killed.
void remove_session_folder(pid_t mpirun) {
  namespace fs = std::filesystem;
  std::error_code error;
  for (fs::directory_iterator at(fs::temp_directory_path(error), error), end; !error && at != end;
       at.increment(error)) {
    if (!at->path().filename().string().starts_with("ompi.")) continue;
    std::error_code ignored;
    fs::remove_all(at->path() / fmt::format("pid.{}", mpirun), ignored);
    fs::remove(at->path(), ignored);  // if no other run has it
  }
}

MpirunResult wait_for(pid_t mpirun, RankWatch* watch) {
  constexpr int poll_until_ranks_known_ms = 20;
  constexpr int poll_ms = 200;
  MpirunResult result;
  RankExitMonitor monitor(mpirun);
  Shutdown shutdown;
  std::vector<pid_t> ranks;
  const auto find_ranks = [&] {
    if (watch == nullptr || !ranks.empty()) return;
    ranks = watch->pids();
    monitor.add_ranks(ranks, *watch);
  };
  while (!has_exited(mpirun, result)) {
    monitor.wait(watch != nullptr && ranks.empty() ? poll_until_ranks_known_ms : poll_ms);
    find_ranks();
    if (watch == nullptr) continue;
    shutdown.kill_if_overdue(mpirun, ranks);
    if (!result.stop_reason.empty()) continue;
    result.stop_reason = watch->stop_reason();
    if (!result.stop_reason.empty()) shutdown.begin(mpirun);
  }
  // The ranks may have started and exited since the last look.
  find_ranks();
  monitor.wait(0);
  result.first_to_exit = monitor.first();
  result.ranks_told_to_end = monitor.all_told_to_end();
  if (result.mpirun_killed) {
    monitor.end_ranks();
    remove_session_folder(mpirun);
  }
  return result;
}

/// A pidfd becomes readable when its process exits. poll() ignores negative descriptors: those of kernels without
/// pidfds, of processes that are gone, and of ranks elsewhere.
pollfd pidfd_of(pid_t process) {
  if (process <= 0) return {-1, POLLIN, 0};
  return {static_cast<int>(::syscall(SYS_pidfd_open, process, 0)), POLLIN, 0};
}

/// Adds the files with shared memory of Open MPI's that a process has mapped.
void add_shared_memory_of(pid_t process, std::vector<std::string>& files) {
  std::ifstream maps(fmt::format("/proc/{}/maps", process));
  for (std::string line; std::getline(maps, line);) {
    const auto at = line.find('/');
    if (at != std::string::npos && line.find("/vader_segment.", at) != std::string::npos) {
      files.push_back(line.substr(at));
    }
  }
}

int rank_at(std::size_t position) { return static_cast<int>(position) - 1; }

void close_pidfd(pollfd& process) {
  if (process.fd >= 0) ::close(process.fd);
  process.fd = -1;
}

}  // namespace

RankWatch::~RankWatch() = default;

RankExitMonitor::RankExitMonitor(pid_t mpirun) : processes_{pidfd_of(mpirun)} {}

RankExitMonitor::~RankExitMonitor() {
  for (auto& process : processes_) close_pidfd(process);
}

void RankExitMonitor::add_ranks(const std::vector<pid_t>& pids, RankWatch& watch) {
  watch_ = &watch;
  std::vector<int> exited;
  for (const pid_t pid : pids) {
    add_shared_memory_of(pid, shared_memory_);
    processes_.push_back(pidfd_of(pid));
    if (pid > 0 && processes_.back().fd < 0 && errno == ESRCH) exited.push_back(rank_at(processes_.size() - 1));
  }
  record_exits(exited);
}

void RankExitMonitor::wait(int milliseconds) {
  if (::poll(processes_.data(), processes_.size(), milliseconds) <= 0) return;
  if (processes_[0].revents != 0) close_pidfd(processes_[0]);
  std::vector<int> exited;
  for (std::size_t i = 1; i < processes_.size(); ++i) {
    if (processes_[i].fd < 0 || processes_[i].revents == 0) continue;
    close_pidfd(processes_[i]);
    exited.push_back(rank_at(i));
  }
  record_exits(exited);
}

bool RankExitMonitor::all_told_to_end() {
  const auto running = [this] {
    return std::any_of(processes_.begin() + 1, processes_.end(), [](const auto& rank) { return rank.fd >= 0; });
  };
  // mpirun may end a moment before the last of its ranks.
  constexpr int looks = 10;
  constexpr int look_ms = 100;
  for (int look = 0; look < looks && running(); ++look) wait(look_ms);
  return told_to_end_ > 0 && told_to_end_ + 1 == processes_.size() && !any_exited_;
}

void RankExitMonitor::end_ranks() {
  for (const auto& process : processes_) {
    if (process.fd >= 0) ::syscall(SYS_pidfd_send_signal, process.fd, SIGKILL, nullptr, 0);
  }
  constexpr int patience_ms = 10000;
  for (auto& process : processes_) {
    if (process.fd >= 0) ::poll(&process, 1, patience_ms);
  }
  for (const auto& file : shared_memory_) ::unlink(file.c_str());
}

void RankExitMonitor::record_exits(std::vector<int> ranks) {
  // mpirun sends its ranks SIGTERM for one of two reasons. A rank exited: that one is the first. Or mpirun got SIGTERM
  // itself: no rank is.
  const bool after_others_were_told = told_to_end_ > 0 && !any_exited_;
  told_to_end_ += std::erase_if(ranks, [&](int rank) { return after_others_were_told || watch_->got_sigterm(rank); });
  if (ranks.size() == 1 && !any_exited_) first_ = ranks.front();
  any_exited_ = any_exited_ || !ranks.empty();
}

MpirunResult run_under_mpirun(int ranks, const std::vector<std::string>& command, bool core_each, RankWatch* watch) {
  prepare_mpi_environment(ranks);
  auto full = mpirun_command(ranks, command, core_each);
  std::vector<char*> arguments;
  arguments.reserve(full.size() + 1);
  for (auto& argument : full) arguments.push_back(argument.data());
  arguments.push_back(nullptr);

  std::array<int, 2> error_pipe{};
  if (::pipe2(error_pipe.data(), O_CLOEXEC) != 0) throw SystemError("make a pipe", errno);
  last_signal = 0;
  const SignalForwarding forwarding;
  const pid_t child = ::fork();
  if (child < 0) throw SystemError("start mpirun", errno);
  if (child == 0) exec_mpirun(arguments.data(), error_pipe[1]);
  child_pid = child;
  ::close(error_pipe[1]);
  int exec_error = 0;
  const bool failed = ::read(error_pipe[0], &exec_error, sizeof exec_error) == sizeof exec_error;
  ::close(error_pipe[0]);
  auto result = wait_for(child, watch);
  if (failed) throw SystemError("start " + full[0] + " (Open MPI's launcher; Debian: openmpi-bin)", exec_error);
  result.interrupted_by = static_cast<int>(last_signal);
  return result;
}

}  // namespace arbiter
