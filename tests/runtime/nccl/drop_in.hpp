// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include <gmock/gmock.h>

#include "support/process.hpp"

namespace arbiter::testing {

/// Runs a program that uses NCCL, with the drop-in in front of a library that stands in for it: `which` is new or old.
struct DropIn {
  std::string which = "new";
  std::vector<std::string> environment = {};
  bool preloaded = true;

  /// What it says, line by line. It must end well.
  [[nodiscard]] std::vector<std::string> says(const std::vector<std::string>& commands) const {
    std::vector<std::string> command = {PROGRAM};
    command.insert(command.end(), commands.begin(), commands.end());
    std::vector<std::string> all = environment;
    all.push_back("LD_LIBRARY_PATH=" FAKES "/" + which + ":" FAKES "/any");
    all.emplace_back("ARBITER_RUNTIME_LIBRARY=" FAKES "/any/libarbiter_runtime.so.1");
    all.emplace_back("ASAN_OPTIONS=verify_asan_link_order=0:detect_leaks=0");
    if (preloaded) all.emplace_back("LD_PRELOAD=" DROP_IN);
    const Finished finished = run(command, all);
    EXPECT_EQ(finished.exit_code, 0) << finished.output;
    std::vector<std::string> lines;
    std::string line;
    for (const char each : finished.output) {
      if (each != '\n') {
        line += each;
      } else {
        lines.push_back(std::move(line));
        line.clear();
      }
    }
    return lines;
  }

  /// Without what is said while communicators are made, which is in no order where ranks are threads.
  [[nodiscard]] std::vector<std::string> says_after_making(const std::vector<std::string>& commands) const {
    auto lines = says(commands);
    std::erase_if(lines, [](const std::string& line) {
      return line.starts_with("arbiter create") || line.starts_with("arbiter reserve");
    });
    // The group that communicators are made in.
    if (lines.size() > 1 && lines[0] == "nccl ncclGroupStart" && lines[1] == "nccl ncclGroupEnd") {
      lines.erase(lines.begin(), lines.begin() + 2);
    }
    return lines;
  }
};

}  // namespace arbiter::testing
