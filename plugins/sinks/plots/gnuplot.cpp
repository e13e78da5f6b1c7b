// SPDX-License-Identifier: Apache-2.0
#include "gnuplot.hpp"

#include <array>
#include <cerrno>
#include <csignal>
#include <optional>
#include <sstream>
#include <thread>

#include <fcntl.h>
#include <fmt/format.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include "arbiter/files.hpp"
#include "arbiter/names.hpp"
#include "arbiter/plots.hpp"

namespace arbiter::plots {

namespace fs = std::filesystem;

namespace {

/// posix_spawn's settings: no input, stdout discarded, stderr to `messages`, a new process group, default signals.
class SpawnSettings {
 public:
  explicit SpawnSettings(const fs::path& messages) {
    ::posix_spawn_file_actions_init(&actions);
    ::posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    ::posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
    ::posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, messages.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
    sigset_t none;
    sigset_t all;
    ::sigemptyset(&none);
    ::sigfillset(&all);
    ::posix_spawnattr_init(&attributes);
    ::posix_spawnattr_setpgroup(&attributes, 0);
    ::posix_spawnattr_setsigmask(&attributes, &none);
    ::posix_spawnattr_setsigdefault(&attributes, &all);
    constexpr short flags = POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF;
    ::posix_spawnattr_setflags(&attributes, flags);
  }
  ~SpawnSettings() {
    ::posix_spawn_file_actions_destroy(&actions);
    ::posix_spawnattr_destroy(&attributes);
  }
  SpawnSettings(const SpawnSettings&) = delete;
  SpawnSettings& operator=(const SpawnSettings&) = delete;

  posix_spawn_file_actions_t actions{};
  posix_spawnattr_t attributes{};
};

pid_t start(const fs::path& script, const fs::path& messages) {
  const SpawnSettings settings(messages);
  std::string program = "gnuplot";
  std::string plain = "-d";  // ignores ~/.gnuplot
  std::string file = script.string();
  const std::array<char*, 4> arguments = {program.data(), plain.data(), file.data(), nullptr};
  pid_t child = -1;
  const int error =
      ::posix_spawnp(&child, program.c_str(), &settings.actions, &settings.attributes, arguments.data(), environ);
  if (error == ENOENT) {
    throw GnuplotMissing("gnuplot is not installed or not in PATH (Debian: apt-get install gnuplot-nox)");
  }
  if (error != 0) throw SystemError("start gnuplot", error);
  return child;
}

/// The exit status of the child; nothing after `timeout`.
std::optional<int> status_within(pid_t child, std::chrono::milliseconds timeout) {
  constexpr std::chrono::milliseconds pause{2};
  const auto deadline = std::chrono::steady_clock::now() + timeout;
  while (true) {
    int status = 0;
    const pid_t ended = ::waitpid(child, &status, WNOHANG);
    if (ended == child) return status;
    if (ended < 0 && errno != EINTR) throw SystemError("wait for gnuplot", errno);
    if (std::chrono::steady_clock::now() >= deadline) return std::nullopt;
    std::this_thread::sleep_for(pause);
  }
}

void kill_and_reap(pid_t child) {
  ::kill(-child, SIGKILL);
  while (::waitpid(child, nullptr, 0) < 0 && errno == EINTR) {
  }
}

}  // namespace

void run_gnuplot(const fs::path& script, const fs::path& messages, std::chrono::milliseconds timeout,
                 const fs::path& picture) {
  const pid_t child = start(script, messages);
  const auto ended = status_within(child, timeout);
  if (!ended) {
    kill_and_reap(child);
    throw PictureError(fmt::format("{}: gnuplot did not end within {} ms", picture.string(), timeout.count()));
  }
  const int status = *ended;
  if (WIFSIGNALED(status)) {
    throw PictureError(
        fmt::format("{}: gnuplot was killed by signal {}: {}", picture.string(), WTERMSIG(status), one_line(messages)));
  }
  if (WEXITSTATUS(status) != 0) {
    throw PictureError(fmt::format("{}: gnuplot failed with exit code {}: {}", picture.string(), WEXITSTATUS(status),
                                   one_line(messages)));
  }
}

std::string one_line(const fs::path& messages) {
  constexpr std::size_t longest = 400;
  std::string text;
  std::istringstream lines(fs::exists(messages) ? read_file(messages) : "");
  for (std::string line; std::getline(lines, line) && text.size() < longest;) {
    const std::size_t begin = line.find_first_not_of(" \t\r");
    if (begin == std::string::npos) continue;
    if (!text.empty()) text += "; ";
    text += line.substr(begin);
  }
  if (text.empty()) return "no messages";
  return plain_text(text, longest);
}

}  // namespace arbiter::plots
