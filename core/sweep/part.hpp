// SPDX-License-Identifier: Apache-2.0
#pragma once

// A process group of an engine belongs to one tp size, and a process is one interpreter. So a sweep with strategies
// that need an interpreter is measured in parts, one for each interpreter and tp size, each by fresh ranks. Ranks
// without an interpreter follow: they decide, measure AUTO and report. A sweep that needs one interpreter and one tp
// size, or none, has one part, which does everything.

#include <map>
#include <string>
#include <vector>

#include "config/config.hpp"
#include "sweep/plan.hpp"

namespace arbiter {

/// What one set of ranks does of a sweep.
struct Part {
  std::string interpreter;  ///< the absolute path of the Python that these ranks run in; empty if none
  std::string version;      ///< of the interpreter: "3.12.3"
  std::vector<int> tp_sizes;
  int ranks = 1;                        ///< how many to start
  std::vector<std::string> strategies;  ///< those that can run in these ranks, by their names in the configuration
  bool measures = true;                 ///< false: earlier parts have measured them; they are there for AUTO
  std::map<std::string, std::string> unusable = {};  ///< strategies that no ranks can run, and why; the last part's
  int number = 1;                                    ///< from 1
  int count = 1;

  [[nodiscard]] bool is_last() const { return number == count; }
  [[nodiscard]] bool has(const std::string& strategy) const;
  friend bool operator==(const Part&, const Part&) = default;
};

/// The parts of a sweep on a machine that can take `most_ranks`, in order; at least one. The last one decides.
[[nodiscard]] std::vector<Part> parts_of(const Config& config, int most_ranks);

/// Gives up the interpreter of `parts[at]`, whose ranks failed for `reason`: from there on strategies that need it are
/// unusable, and what else was to be measured in it is measured without one.
void give_up_interpreter(std::vector<Part>& parts, std::size_t at, const Config& config, const std::string& reason);

/// "tp 2 in /opt/venv/bin/python (3.12.3)".
[[nodiscard]] std::string to_string(const Part& part);

/// One line, for an environment variable and messages between ranks.
[[nodiscard]] std::string encoded(const Part& part);
/// Throws Error for a text that encoded() did not write.
[[nodiscard]] Part decoded_part(const std::string& text);

/// Of the cells that a plan of the part skips those that it reports: none that was reported before, or that another
/// part measures or has measured.
[[nodiscard]] std::vector<SkippedCell> reported_by(const Part& part, std::vector<SkippedCell> skipped,
                                                   const std::vector<SkippedCell>& reported_before,
                                                   const std::vector<Measurement>& rows_before);

}  // namespace arbiter
