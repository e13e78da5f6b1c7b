// SPDX-License-Identifier: Apache-2.0
#include "config/interpreter.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <sstream>
#include <utility>
#include <vector>

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include "arbiter/error.hpp"
#include "arbiter/names.hpp"

namespace arbiter {

namespace {

namespace fs = std::filesystem;

constexpr std::chrono::seconds patience_with_a_start{30};
constexpr std::size_t most_output = 1 << 16;

/// The current folder is first without safe_path.
constexpr const char* without_current_folder =
    "import sys\n"
    "if not getattr(sys.flags, 'safe_path', False): del sys.path[0]\n";

/// A rank calls its library through ctypes, so that must be there. `marker` tells the answer from what a start-up file
/// of the user prints.
constexpr const char* marker = "arbiter-asks ";
constexpr const char* question =
    "import ctypes\n"
    "print('arbiter-asks', sys.implementation.name, *sys.version_info[:3])\n";

bool is_program(const fs::path& file) {
  std::error_code error;
  return fs::is_regular_file(file, error) && ::access(file.c_str(), X_OK) == 0;
}

/// Sets `path`, or says why there is no such program.
void resolve(const std::string& name, Interpreter& found) {
  std::error_code error;
  if (name.find('/') != std::string::npos) {
    found.path = fs::absolute(name, error).string();
    if (!fs::exists(found.path, error)) {
      found.unusable = fmt::format("{}, which does not exist", name);
    } else if (!is_program(found.path)) {
      found.unusable = fmt::format("{}, which is no program that can be run", name);
    }
    return;
  }
  const char* path = std::getenv("PATH");
  std::istringstream folders(path == nullptr ? "" : path);
  for (std::string folder; std::getline(folders, folder, ':');) {
    const fs::path file = fs::absolute(fs::path(folder.empty() ? "." : folder) / name, error);
    if (!is_program(file)) continue;
    found.path = file.string();
    return;
  }
  found.unusable = fmt::format("{}, which is not in PATH", name);
}

/// Reads both pipes until they are closed; false if that takes too long.
bool read_both(std::array<pollfd, 2> pipes, ProgramAnswer& answer, std::chrono::seconds patience) {
  const auto end = std::chrono::steady_clock::now() + patience;
  std::array<std::string*, 2> texts{&answer.output, &answer.errors};
  while (pipes[0].fd >= 0 || pipes[1].fd >= 0) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(end - std::chrono::steady_clock::now());
    if (left.count() <= 0) return false;
    if (::poll(pipes.data(), pipes.size(), static_cast<int>(left.count())) < 0 && errno != EINTR) return false;
    for (std::size_t i = 0; i < pipes.size(); ++i) {
      if (pipes[i].fd < 0 || pipes[i].revents == 0) continue;
      std::array<char, 4096> part{};
      const ssize_t length = ::read(pipes[i].fd, part.data(), part.size());
      if (length <= 0) {
        pipes[i].fd = -1;  // poll() ignores it
      } else if (texts[i]->size() < most_output) {
        texts[i]->append(part.data(), static_cast<std::size_t>(length));
      } else {
        return false;
      }
    }
  }
  return true;
}

/// Both ends of a pipe; closed at the end.
struct Pipe {
  Pipe() {
    if (::pipe2(ends.data(), O_CLOEXEC) != 0) throw SystemError("make a pipe", errno);
  }
  ~Pipe() {
    for (const int end : ends) {
      if (end >= 0) ::close(end);
    }
  }
  Pipe(const Pipe&) = delete;
  Pipe& operator=(const Pipe&) = delete;
  void close_writing_end() { ::close(std::exchange(ends[1], -1)); }

  std::array<int, 2> ends{-1, -1};
};

std::string last_line(std::string text) {
  text.resize(text.find_last_not_of(" \r\n\t") + 1);  // npos + 1 is 0
  return plain_text(text.substr(text.find_last_of('\n') + 1));
}

/// Sets `version`, or says what the program is instead.
void identify(Interpreter& found) {
  const ProgramAnswer answer = run_script(found.path, question, {}, patience_with_a_start);
  const auto at = answer.output.find(marker);
  std::istringstream words(at == std::string::npos ? "" : answer.output.substr(at + std::strlen(marker)));
  std::string implementation;
  int major = 0;
  int minor = 0;
  int patch = 0;
  if (words >> implementation >> major >> minor >> patch) {
    found.version = fmt::format("{}.{}.{}", major, minor, patch);
    const bool new_enough = std::pair(major, minor) >= std::pair(3, 9);
    if (implementation == "cpython" && new_enough) return;
    found.unusable = fmt::format("{}, which is {} {}", found.path, implementation, found.version);
  } else if (answer.too_late) {
    found.unusable = fmt::format("{}, which does not answer as Python does", found.path);
  } else {
    const std::string why = last_line(answer.errors);
    found.unusable = fmt::format("{}, which is no Python that works{}{}", found.path, why.empty() ? "" : ": ", why);
  }
}

}  // namespace

ProgramAnswer run_script(const std::string& interpreter, const std::string& script,
                         const std::vector<std::string>& arguments, std::chrono::seconds patience) {
  Pipe output;
  Pipe errors;
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_adddup2(&actions, output.ends[1], STDOUT_FILENO);
  posix_spawn_file_actions_adddup2(&actions, errors.ends[1], STDERR_FILENO);
  std::vector<std::string> words{interpreter, "-c", without_current_folder + script};
  words.insert(words.end(), arguments.begin(), arguments.end());
  std::vector<char*> pointers;
  pointers.reserve(words.size() + 1);
  for (auto& word : words) pointers.push_back(word.data());
  pointers.push_back(nullptr);
  pid_t child = -1;
  const int failure = ::posix_spawn(&child, interpreter.c_str(), &actions, nullptr, pointers.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  output.close_writing_end();
  errors.close_writing_end();
  ProgramAnswer answer;
  if (failure != 0) {
    answer.errors = std::strerror(failure);
    return answer;
  }
  answer.too_late = !read_both({{{output.ends[0], POLLIN, 0}, {errors.ends[0], POLLIN, 0}}}, answer, patience);
  if (answer.too_late) ::kill(child, SIGKILL);
  while (::waitpid(child, nullptr, 0) < 0 && errno == EINTR) {
  }
  return answer;
}

bool needs_interpreter(const PluginEntry& strategy) {
  return std::ranges::any_of(strategy.parameters,
                             [](const ParameterSpec& spec) { return spec.name == interpreter_parameter; });
}

Interpreter find_interpreter(const std::string& name) {
  Interpreter found;
  resolve(name, found);
  if (found.unusable.empty()) identify(found);
  return found;
}

}  // namespace arbiter
