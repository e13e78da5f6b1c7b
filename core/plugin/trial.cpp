// SPDX-License-Identifier: Apache-2.0
#include "plugin/trial.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <sstream>

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "arbiter/error.hpp"
#include "arbiter/names.hpp"
#include "sdk/descriptor.hpp"

namespace arbiter {

namespace {

constexpr const char* refused_variable = "ARBITER_REFUSED_PLUGINS";  // a line for each: path, tab, reason
constexpr const char* limit_variable = "ARBITER_LOAD_SECONDS";

std::chrono::seconds limit_of_step() {
  constexpr long default_seconds = 30;
  const char* text = std::getenv(limit_variable);
  const long seconds = text == nullptr ? default_seconds : std::strtol(text, nullptr, 10);
  if (seconds < 1) throw ConfigError(fmt::format("{}: found {}; allowed: from 1 up", limit_variable, text));
  return std::chrono::seconds(seconds);
}

/// The last line that is not empty.
std::string last_line(const Descriptor& output) {
  constexpr off_t most = 4096;
  constexpr std::size_t longest = 200;
  std::array<char, most> text{};
  const off_t end = ::lseek(output.number(), 0, SEEK_END);
  const auto count = ::pread(output.number(), text.data(), text.size(), std::max<off_t>(0, end - most));
  std::istringstream lines(std::string(text.data(), static_cast<std::size_t>(std::max<ssize_t>(0, count))));
  std::string last;
  for (std::string line; std::getline(lines, line);) {
    const auto begin = line.find_first_not_of(" \t\r");
    if (begin != std::string::npos) last = line.substr(begin);
  }
  return plain_text(last, longest);
}

/// In the child. A byte in the pipe stands for each step that came back.
[[noreturn]] void run_steps(std::size_t first, std::size_t count, const std::function<void(std::size_t)>& step,
                            int finished, int output) {
  ::setpgid(0, 0);
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (const int nothing = ::open("/dev/null", O_RDONLY | O_CLOEXEC); nothing >= 0) ::dup2(nothing, STDIN_FILENO);
  ::dup2(output, STDOUT_FILENO);
  ::dup2(output, STDERR_FILENO);
  for (std::size_t i = first; i < count; ++i) {
    try {
      step(i);
    } catch (...) {  // NOLINT(bugprone-empty-catch): it is thrown again where the step is done for good
    }
    if (::write(finished, "", 1) != 1) break;
  }
  ::_exit(EXIT_SUCCESS);  // no destructor of a library that is still loaded
}

/// Waits for the child: how many steps came back, and why the next did not (empty if there is none).
std::string watch(pid_t child, const Descriptor& finished, std::size_t& next, std::size_t count,
                  std::chrono::seconds limit) {
  constexpr int poll_ms = 20;
  auto start = std::chrono::steady_clock::now();
  int status = 0;
  bool ended = false;
  bool timed_out = false;
  while (next < count && !timed_out) {
    // Whether it has ended is asked first: then what it wrote is in the pipe.
    ended = ended || ::waitpid(child, &status, WNOHANG) == child;
    pollfd ready{finished.number(), POLLIN, 0};
    std::array<char, 256> steps{};
    ssize_t came_back = 0;
    if (::poll(&ready, 1, ended ? 0 : poll_ms) > 0) came_back = ::read(ready.fd, steps.data(), steps.size());
    if (came_back > 0) {
      next += static_cast<std::size_t>(came_back);
      start = std::chrono::steady_clock::now();
    } else if (ended) {
      break;
    } else if (came_back == 0 && (ready.revents & POLLHUP) != 0) {
      ::usleep(poll_ms * 1000);  // it is about to end, or closed what is not its own
    }
    timed_out = std::chrono::steady_clock::now() - start > limit;
  }
  ::kill(-child, SIGKILL);
  if (!ended) ::waitpid(child, &status, 0);
  if (next >= count) return {};
  if (timed_out) {
    return fmt::format("did not return within {} s; {}={} allows more", limit.count(), limit_variable,
                       10 * limit.count());
  }
  if (WIFSIGNALED(status)) return fmt::format("crashed ({})", ::strsignal(WTERMSIG(status)));
  return fmt::format("ended the process (exit code {})", WEXITSTATUS(status));
}

}  // namespace

std::vector<std::string> run_apart(std::size_t count, const std::function<void(std::size_t)>& step) {
  const auto limit = limit_of_step();
  std::vector<std::string> broken(count);
  for (std::size_t next = 0; next < count; ++next) {
    const Descriptor output(::memfd_create("arbiter trial", MFD_CLOEXEC));
    std::array<int, 2> ends{-1, -1};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0) break;
    const Descriptor finished(ends[0]);
    Descriptor of_child(ends[1]);
    const pid_t child = ::fork();
    if (child < 0) break;
    if (child == 0) run_steps(next, count, step, of_child.number(), output.number());
    of_child = Descriptor();
    auto reason = watch(child, finished, next, count, limit);
    if (reason.empty()) break;
    if (const auto line = last_line(output); !line.empty()) reason += fmt::format("; it printed last: {}", line);
    broken[next] = std::move(reason);
  }
  return broken;
}

bool may_try_plugins() {
  static const bool inherited = std::getenv(refused_variable) != nullptr;
  if (!inherited) ::setenv(refused_variable, "", 0);
  return !inherited;
}

void note_refused(const std::filesystem::path& file, const std::string& reason) {
  const char* before = std::getenv(refused_variable);
  const auto all = fmt::format("{}{}\t{}\n", before == nullptr ? "" : before, file.string(), reason);
  ::setenv(refused_variable, all.c_str(), 1);
}

std::string refused_by_trial(const std::filesystem::path& file) {
  const char* all = std::getenv(refused_variable);
  std::istringstream lines(all == nullptr ? "" : all);
  const auto begin = file.string() + '\t';
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with(begin)) return line.substr(begin.size());
  }
  return {};
}

}  // namespace arbiter
