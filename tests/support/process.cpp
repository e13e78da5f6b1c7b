// SPDX-License-Identifier: Apache-2.0
#include "support/process.hpp"

#include <array>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>
#include <stdexcept>

#include <fcntl.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

namespace arbiter::testing {

using std::chrono::steady_clock;

Process::Process(const std::vector<std::string>& command, const std::vector<std::string>& environment) {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) throw std::runtime_error("cannot make a pipe");
  pid_ = ::fork();
  if (pid_ == 0) {
    ::dup2(ends[1], STDOUT_FILENO);
    ::dup2(ends[1], STDERR_FILENO);
    for (const auto& variable : environment) ::putenv(const_cast<char*>(variable.c_str()));
    std::vector<char*> arguments;
    for (const auto& word : command) arguments.push_back(const_cast<char*>(word.c_str()));
    arguments.push_back(nullptr);
    ::execvp(arguments[0], arguments.data());
    ::_exit(127);
  }
  ::close(ends[1]);
  pipe_ = ends[0];
}

Process::~Process() {
  if (!ended_) {
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
  }
  ::close(pipe_);
}

bool Process::read_some(std::chrono::milliseconds patience) {
  pollfd ready{pipe_, POLLIN, 0};
  if (::poll(&ready, 1, static_cast<int>(patience.count())) <= 0) return true;
  std::array<char, 4096> part{};
  const ssize_t length = ::read(pipe_, part.data(), part.size());
  if (length > 0) output_.append(part.data(), static_cast<std::size_t>(length));
  return length > 0;
}

bool Process::wait_for_output(const std::string& text, std::chrono::seconds limit) {
  const auto end = steady_clock::now() + limit;
  while (output_.find(text) == std::string::npos) {
    if (steady_clock::now() > end || !read_some(std::chrono::milliseconds(50))) return false;
  }
  return true;
}

int Process::wait(std::chrono::seconds limit) {
  const auto end = steady_clock::now() + limit;
  bool open = true;
  while (steady_clock::now() < end) {
    if (open) open = read_some(std::chrono::milliseconds(20));
    int status = 0;
    if (::waitpid(pid_, &status, WNOHANG) != pid_) {
      if (!open) ::usleep(2000);
      continue;
    }
    ended_ = true;
    // What is still in the pipe; a descendant that outlived the program would keep it open, so only what is there now.
    const ssize_t before = static_cast<ssize_t>(output_.size());
    for (ssize_t last = before - 1; open && last != static_cast<ssize_t>(output_.size());) {
      last = static_cast<ssize_t>(output_.size());
      open = read_some(std::chrono::milliseconds(100));
    }
    return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
  }
  return -1;
}

Finished run(const std::vector<std::string>& command, const std::vector<std::string>& environment) {
  Process process(command, environment);
  Finished finished;
  finished.exit_code = process.wait();
  finished.output = process.output();
  return finished;
}

std::vector<pid_t> descendants(pid_t ancestor, const std::string& name) {
  struct Row {
    std::string name;
    pid_t parent = 0;
  };
  std::map<pid_t, Row> rows;
  for (const auto& entry : std::filesystem::directory_iterator("/proc")) {
    const auto folder = entry.path().filename().string();
    if (folder.find_first_not_of("0123456789") != std::string::npos) continue;
    std::ifstream stat(entry.path() / "stat");
    std::string text((std::istreambuf_iterator<char>(stat)), {});
    const auto open = text.find('(');
    const auto close = text.rfind(')');
    if (open == std::string::npos || close == std::string::npos) continue;
    Row row;
    row.name = text.substr(open + 1, close - open - 1);
    char state = 0;
    std::istringstream(text.substr(close + 1)) >> state >> row.parent;
    rows[std::stoi(folder)] = row;
  }
  std::vector<pid_t> found;
  for (const auto& [pid, row] : rows) {
    if (row.name != name) continue;
    pid_t at = row.parent;
    while (at > 1 && at != ancestor && rows.count(at) != 0) at = rows[at].parent;
    if (at == ancestor) found.push_back(pid);
  }
  return found;
}

bool ends(pid_t process) {
  for (int look = 0; look < 100; ++look) {
    std::ifstream stat("/proc/" + std::to_string(process) + "/stat");
    const std::string text((std::istreambuf_iterator<char>(stat)), {});
    const auto close = text.rfind(')');
    if (close == std::string::npos || text.compare(close, 4, ") Z ") == 0) return true;
    ::usleep(100'000);
  }
  return false;
}

}  // namespace arbiter::testing
