// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "arbiter/dataset.hpp"

namespace arbiter::log {

/// One line for a person, through plain_lines(): results to standard output, remarks and errors to standard error.
void say(std::string_view line);
void warn(std::string_view line);
void error(std::string_view line);

}  // namespace arbiter::log

namespace arbiter {

/// Prints the progress of a sweep: one line rewritten in place on a terminal (time left, the problem in progress, the
/// fastest strategy of the one before), else a plain line per problem.
class Progress {
 public:
  /// `columns` is the width of the terminal; 0 if there is none. `total_seconds` is the plan's estimate; once a problem
  /// is done, it only weighs problems against each other.
  Progress(int columns, std::int64_t problems, double total_seconds);
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  /// A problem is measured from now on.
  void begin(const Problem& problem);
  /// It is done; `planned_seconds` is the plan's estimate for it.
  void advance(const std::vector<Measurement>& rows, double planned_seconds);
  /// Ends the line, so that other output starts on a new one.
  void pause();

 private:
  [[nodiscard]] std::string time_left() const;
  void rewrite(const Problem& problem);

  int columns_;
  bool line_open_ = false;
  std::int64_t problems_;
  std::int64_t done_ = 0;
  double total_seconds_;
  double done_seconds_ = 0.0;
  std::string last_winner_;  ///< with its time
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

}  // namespace arbiter
