#pragma once

#include <cstdint>
#include <limits>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "arbiter/export.hpp"
#include "arbiter/problem.hpp"

namespace arbiter {

/// The timing of one problem under one strategy. Times are microseconds per operation, rounded to nanoseconds;
/// NaN where nothing was recorded (a failed cell, or a CSV made by another tool).
struct Measurement {
  static constexpr double none = std::numeric_limits<double>::quiet_NaN();

  Problem problem;
  std::string strategy;
  std::string op = "allreduce";
  double time_us = none;  ///< median over samples of the maximum over ranks

  std::string backend;                     ///< "host", "cuda"; empty if the file did not say
  bool graph = false;                      ///< timed by replaying a CUDA graph
  std::int64_t iterations_per_sample = 0;  ///< back-to-back operations in one sample
  std::int64_t samples = 0;
  double min_us = none;
  double p95_us = none;
  double ci_low_us = none;  ///< bounds of the 95 % confidence interval of the median
  double ci_high_us = none;
  double lower_bound_us = none;  ///< the least any AllReduce could take here: MachineProbe::lower_bound_us(); NaN if
                                 ///< limits were not measured
  double error = none;   ///< worst verified error as a share of the allowed error; <= 1 passes
  bool failed = false;   ///< verification or execution failed: never chosen, whatever the time says
  bool holdout = false;  ///< measured to judge selectors by, never fitted; in a file of its own
  std::string reason;    ///< why it failed; goes into the log beside the CSV, not into the CSV

  /// How many times the floor it takes; NaN if either is not known.
  [[nodiscard]] double over_lower_bound() const { return time_us / lower_bound_us; }

  /// True if a heuristic may choose this strategy for this problem.
  [[nodiscard]] bool usable() const {
    return !failed && time_us > 0.0 && time_us <= std::numeric_limits<double>::max();
  }
};

/// Where measurements came from. `facts` are free text for people and artefacts: "cpu" -> "AMD EPYC", "mpi" -> ...
struct Machine {
  std::string platform;  ///< "cpu" or "sm<V>": the middle part of file names
  std::map<std::string, std::string> facts;
};

/// Measurements in the order they were made or read, and their machine. Not synchronised.
class ARBITER_EXPORT Dataset {
 public:
  Dataset() = default;
  explicit Dataset(Machine machine) : machine_(std::move(machine)) {}

  void add(Measurement measurement) { rows_.push_back(std::move(measurement)); }
  /// Adds the rows of `other` after one's own, and the facts one does not have; the platform too, if one has none.
  void append(const Dataset& other);

  [[nodiscard]] const Machine& machine() const { return machine_; }
  [[nodiscard]] const std::vector<Measurement>& rows() const { return rows_; }
  [[nodiscard]] bool empty() const { return rows_.empty(); }

  /// Values that occur, ascending; strategies and fusions in order of first appearance.
  [[nodiscard]] std::vector<int> tp_sizes() const;
  [[nodiscard]] std::vector<DType> dtypes() const;
  [[nodiscard]] std::vector<std::string> fusions() const;
  [[nodiscard]] std::vector<std::string> strategies() const;
  [[nodiscard]] std::vector<std::int64_t> hidden_sizes() const;
  [[nodiscard]] std::vector<std::int64_t> num_tokens() const;

  /// The rows of one tp size; of one fusion.
  [[nodiscard]] Dataset of_tp_size(int tp_size) const;
  [[nodiscard]] Dataset of_fusion(std::string_view fusion) const;

  /// Rows grouped by problem, in the problems' order. Pointers live as long as the dataset is not changed.
  /// AUTO rows are included.
  [[nodiscard]] std::map<Problem, std::vector<const Measurement*>> cells() const;

 private:
  Machine machine_;
  std::vector<Measurement> rows_;
};

/// The fastest usable row of a cell, the first on a tie; AUTO never counts. Null if there is none.
[[nodiscard]] ARBITER_EXPORT const Measurement* best_of(const std::vector<const Measurement*>& cell);

/// The fastest usable time of `strategy` in a cell (repeated rows: the first of the smallest). Null if there is none.
[[nodiscard]] ARBITER_EXPORT const Measurement* row_of(const std::vector<const Measurement*>& cell,
                                                       std::string_view strategy);

/// "benchmark.tp4.sm90", "benchmark.tp2.cpu": how files of one tp size are called, without extension.
[[nodiscard]] ARBITER_EXPORT std::string file_stem(int tp_size, std::string_view platform);

}  // namespace arbiter
