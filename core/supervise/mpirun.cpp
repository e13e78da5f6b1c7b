#include "supervise/mpirun.hpp"

#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <optional>

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "arbiter/error.hpp"
#include "comm/rank_environment.hpp"

namespace arbiter {

namespace {

constexpr std::array passed_on{SIGINT, SIGTERM, SIGHUP};

// What a signal handler may touch.
volatile std::sig_atomic_t child_pid = 0;
volatile std::sig_atomic_t last_signal = 0;

extern "C" void pass_on(int signal) {
  last_signal = signal;
  if (child_pid > 0) ::kill(static_cast<pid_t>(child_pid), signal == SIGHUP ? SIGTERM : signal);
}

/// Installs the handler for the time of a run.
class SignalForwarding {
 public:
  SignalForwarding() {
    struct sigaction action {};
    action.sa_handler = pass_on;
    sigemptyset(&action.sa_mask);
    for (std::size_t i = 0; i < passed_on.size(); ++i) ::sigaction(passed_on[i], &action, &before_[i]);
  }
  ~SignalForwarding() {
    for (std::size_t i = 0; i < passed_on.size(); ++i) ::sigaction(passed_on[i], &before_[i], nullptr);
    child_pid = 0;
  }
  SignalForwarding(const SignalForwarding&) = delete;
  SignalForwarding& operator=(const SignalForwarding&) = delete;

 private:
  std::array<struct sigaction, passed_on.size()> before_{};
};

std::vector<std::string> mpirun_command(int ranks, const std::vector<std::string>& command, bool core_each) {
  const char* named = std::getenv("ARBITER_MPIRUN");
  std::vector<std::string> full{named != nullptr ? named : "mpirun", "-n", std::to_string(ranks), "--oversubscribe"};
  // A rank that may wander leaves its caches behind; ranks that share a core must be free to.
  full.insert(full.end(), {"--bind-to", core_each && ranks <= usable_cores() ? "core" : "none"});
  full.insert(full.end(), command.begin(), command.end());
  return full;
}

/// Runs in the child, so only async-signal-safe calls. A process group of its own: a terminal's Ctrl-C then reaches
/// mpirun once, through us (twice would make it drop its ranks at once). No terminal input either, which would stop a
/// background group.
[[noreturn]] void become_mpirun(char* const* arguments, int error_pipe) {
  ::setpgid(0, 0);
  ::prctl(PR_SET_PDEATHSIG, SIGTERM);
  const int null_input = ::open("/dev/null", O_RDONLY);
  if (null_input >= 0) ::dup2(null_input, STDIN_FILENO);
  ::execvp(arguments[0], arguments);
  const int error = errno;
  static_cast<void>(!::write(error_pipe, &error, sizeof error));
  ::_exit(127);
}

/// mpirun ends its ranks when it is asked to, and gives them a second. Ranks that outlast that, and mpirun with them,
/// are ended here.
class Ending {
 public:
  void begin(pid_t child) {
    began_ = std::chrono::steady_clock::now();
    ::kill(child, SIGTERM);
  }
  void insist(pid_t child, const std::vector<pid_t>& ranks) {
    constexpr std::chrono::seconds patience{20};
    if (!began_ || insisted_ || std::chrono::steady_clock::now() - *began_ < patience) return;
    insisted_ = true;
    for (const pid_t rank : ranks) {
      if (rank > 0) ::kill(rank, SIGKILL);
    }
    ::kill(child, SIGKILL);
  }

 private:
  std::optional<std::chrono::steady_clock::time_point> began_;
  bool insisted_ = false;
};

bool has_ended(pid_t child, LaunchResult& result) {
  int status = 0;
  const pid_t ended = ::waitpid(child, &status, WNOHANG);
  if (ended < 0 && errno != EINTR) throw SystemError("wait for mpirun", errno);
  if (ended != child) return false;
  result.mpirun_died = WIFSIGNALED(status);
  result.status = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
  return true;
}

LaunchResult wait_for(pid_t child, RankWatch* watch) {
  constexpr int until_ranks_are_known = 20;  // milliseconds
  constexpr int between_questions = 200;
  LaunchResult result;
  RankExitMonitor ends(child);
  Ending ending;
  std::vector<pid_t> ranks;
  const auto look_for_ranks = [&] {
    if (watch == nullptr || !ranks.empty()) return;
    ranks = watch->processes();
    ends.look_at(ranks, *watch);
  };
  while (!has_ended(child, result)) {
    ends.wait(watch != nullptr && ranks.empty() ? until_ranks_are_known : between_questions);
    look_for_ranks();
    if (watch == nullptr) continue;
    ending.insist(child, ranks);
    if (!result.ended_for.empty()) continue;
    result.ended_for = watch->ends_now();
    if (!result.ended_for.empty()) ending.begin(child);
  }
  // All may have happened since the last look.
  look_for_ranks();
  ends.wait(0);
  result.first_to_end = ends.first();
  return result;
}

}  // namespace

LaunchResult run_under_mpirun(int ranks, const std::vector<std::string>& command, bool core_each, RankWatch* watch) {
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
  if (child == 0) become_mpirun(arguments.data(), error_pipe[1]);
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
