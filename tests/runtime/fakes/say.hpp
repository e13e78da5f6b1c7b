// SPDX-License-Identifier: Apache-2.0
// Libraries that stand in for real ones say on standard output what they are called for, a line at a time.
#pragma once

#include <string>

#include <unistd.h>

inline void say(const std::string& line) {
  const std::string text = line + "\n";
  [[maybe_unused]] const auto written = write(STDOUT_FILENO, text.data(), text.size());
}
