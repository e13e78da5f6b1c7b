// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <functional>
#include <string>
#include <vector>

#include <sys/types.h>

namespace arbiter::testing {

/// A real program under test: its standard output and error are collected together.
class Process {
 public:
  /// Starts `command` (the first word is the program) with `environment` ("NAME=value") added.
  explicit Process(const std::vector<std::string>& command, const std::vector<std::string>& environment = {});
  /// Ends it if it still runs.
  ~Process();
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;

  [[nodiscard]] pid_t pid() const { return pid_; }
  /// Collects output until `text` appears in it. False if the program ended or `limit` passed first.
  [[nodiscard]] bool wait_for_output(const std::string& text, std::chrono::seconds limit);
  /// Waits for its end: its exit code, 128 + signal, or -1 if it still ran after `limit`.
  [[nodiscard]] int wait(std::chrono::seconds limit = std::chrono::seconds(280));
  [[nodiscard]] const std::string& output() const { return output_; }

 private:
  /// Reads what there is; false at the end of the output.
  bool read_some(std::chrono::milliseconds patience);

  pid_t pid_ = -1;
  int pipe_ = -1;
  bool ended_ = false;
  std::string output_;
};

struct Finished {
  int exit_code = -1;
  std::string output;
};

/// Runs a program to its end.
[[nodiscard]] Finished run(const std::vector<std::string>& command, const std::vector<std::string>& environment = {});

/// The process ids of all descendants of `ancestor` whose program name is `name`.
[[nodiscard]] std::vector<pid_t> descendants(pid_t ancestor, const std::string& name);

/// Whether a process ends within ten seconds. One that ended and was not asked after yet has ended.
[[nodiscard]] bool ends(pid_t process);

}  // namespace arbiter::testing
