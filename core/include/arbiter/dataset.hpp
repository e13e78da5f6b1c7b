// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <limits>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "arbiter/export.hpp"
#include "arbiter/problem.hpp"

namespace arbiter {

/// What surrounds an operation while it is timed.
enum class Context : std::uint8_t {
  back_to_back,  ///< the same operation in front of it and after it, without a pause
  isolated,      ///< host: nothing; operations of different iterations do not overlap
  engine,        ///< cuda: a kernel that streams weights and writes the message in front of each operation, as a matrix
                 ///< product does; dependents of that kernel start after its end, as with cuBLAS
  engine_early,  ///< likewise, but the kernel lets its dependents start early (programmatic dependent launch)
};

/// "back_to_back", "isolated", "engine", "engine_early".
[[nodiscard]] ARBITER_EXPORT std::string_view name_of(Context context);
/// Nothing for any other text.
[[nodiscard]] ARBITER_EXPORT std::optional<Context> parse_context(std::string_view text);

/// Whether a neighbour stands in front of each operation, whose time is subtracted: engine and engine_early.
[[nodiscard]] constexpr bool has_neighbour(Context context) {
  return context == Context::engine || context == Context::engine_early;
}

/// How a strategy adds the messages: what may be compared bit for bit, and how large an error is correct.
enum class Numerics : std::uint8_t {
  unknown,          ///< the file does not say
  fp32_rank_order,  ///< in fp32, rank 0 first, rounded once: all such strategies give the same bits
  fp32,             ///< in fp32 in another order, rounded once
  per_hop,          ///< rounded to the message dtype after each addition
  library,          ///< a library's choice, up to one rounding to the message dtype per rank
};

/// "", "fp32_rank_order", "fp32", "per_hop", "library".
[[nodiscard]] ARBITER_EXPORT std::string_view name_of(Numerics numerics);
/// Nothing for any other text.
[[nodiscard]] ARBITER_EXPORT std::optional<Numerics> parse_numerics(std::string_view text);

/// How a problem was measured. Only measurements of one setting are compared.
struct Setting {
  std::string backend;  ///< "host", "cuda"; empty if the file does not say
  int hosts = 1;        ///< that the ranks were on
  std::string op = "allreduce";
  bool graph = false;  ///< timed by replaying a CUDA graph
  Context context = Context::back_to_back;
  friend auto operator<=>(const Setting&, const Setting&) = default;
};

/// "cuda, allreduce, graph, context engine"; for people.
[[nodiscard]] ARBITER_EXPORT std::string to_string(const Setting& setting);

/// The measurement of one problem with one strategy: a row of the CSV. Times are microseconds per operation, rounded to
/// nanoseconds; NaN where nothing was recorded (a failed row, or a CSV of another tool).
struct Measurement {
  static constexpr double none = std::numeric_limits<double>::quiet_NaN();

  Problem problem;
  std::string strategy;
  double time_us = none;  ///< median over samples of the maximum over ranks

  Setting setting;
  Numerics numerics = Numerics::unknown;
  std::int64_t iterations_per_sample = 0;  ///< operations in one sample; 0 if not recorded
  std::int64_t tensor_sets = 0;            ///< different messages and outputs that they used in turn; 0 if not recorded
  std::int64_t samples = 0;                ///< 0 if not recorded
  double min_us = none;                    ///< of the samples, each of which is a mean over its iterations
  double p95_us = none;                    ///< likewise
  double ci_low_us = none;                 ///< bounds of the 95 % confidence interval of the median
  double ci_high_us = none;
  double lower_bound_us = none;  ///< MachineProbe::lower_bound_us(): the least any AllReduce can take on this machine
                                 ///< in this context; NaN if the machine was not probed
  double error = none;           ///< largest verified error as a share of the allowed error: up to 1 passes
  bool failed = false;           ///< verification or execution failed: never chosen, whatever the time says
  bool suspect = false;          ///< faster than the lower bound allows: kept, never chosen
  std::string run_id;            ///< of the run that made it; empty if the file does not say
  bool holdout = false;          ///< measured to judge selectors, never fitted; stored in a separate file
  std::string reason;            ///< why it failed; stored in the log beside the CSV, not in the CSV

  /// The time as a multiple of the lower bound; NaN if either is not known.
  [[nodiscard]] double over_lower_bound() const { return time_us / lower_bound_us; }

  /// Whether a heuristic may choose this strategy for this problem: it did not fail, is not suspect and has a time.
  [[nodiscard]] bool usable() const {
    return !failed && !suspect && time_us > 0.0 && time_us <= std::numeric_limits<double>::max();
  }
};

/// The machine that measurements were made on.
struct Machine {
  std::string platform;                      ///< "cpu" or "sm<V>": the middle part of file names
  std::map<std::string, std::string> facts;  ///< free text for people: "cpu" -> "AMD EPYC", "mpi" -> "Open MPI 4.1"
};

/// Measurements, in the order they were made or read, and their machine. A value; not synchronised.
class ARBITER_EXPORT Dataset {
 public:
  Dataset() = default;
  explicit Dataset(Machine machine) : machine_(std::move(machine)) {}

  [[nodiscard]] const Machine& machine() const { return machine_; }
  [[nodiscard]] const std::vector<Measurement>& rows() const { return rows_; }
  [[nodiscard]] bool empty() const { return rows_.empty(); }

  /// The rows of each problem, by problem, whatever their setting (see of_setting()). The pointers are valid until the
  /// dataset changes. AUTO rows are included; see best_of() and row_of().
  [[nodiscard]] std::map<Problem, std::vector<const Measurement*>> cells() const;

  /// The values that occur: numbers and dtypes ascending, names in order of first appearance.
  [[nodiscard]] std::vector<int> tp_sizes() const;
  [[nodiscard]] std::vector<DType> dtypes() const;
  [[nodiscard]] std::vector<std::string> fusions() const;
  [[nodiscard]] std::vector<std::string> strategies() const;
  [[nodiscard]] std::vector<std::int64_t> hidden_sizes() const;
  [[nodiscard]] std::vector<std::int64_t> num_tokens() const;

  /// In order of first appearance.
  [[nodiscard]] std::vector<Setting> settings() const;
  [[nodiscard]] Dataset of_setting(const Setting& setting) const;
  /// A copy with the rows of one tp size, of one dtype, or of one fusion.
  [[nodiscard]] Dataset of_tp_size(int tp_size) const;
  [[nodiscard]] Dataset of_dtype(DType dtype) const;
  [[nodiscard]] Dataset of_fusion(std::string_view fusion) const;

  void add(Measurement measurement) { rows_.push_back(std::move(measurement)); }
  /// Adds the rows of `other` at the end, the facts that are not here yet, and the platform if there is none here.
  void append(const Dataset& other);

 private:
  Machine machine_;
  std::vector<Measurement> rows_;
};

/// The fastest usable row of a cell, the first on a tie; AUTO does not count. Null if there is none.
[[nodiscard]] ARBITER_EXPORT const Measurement* best_of(const std::vector<const Measurement*>& cell);

/// The fastest usable row of `strategy` in a cell, the first on a tie. Null if there is none.
[[nodiscard]] ARBITER_EXPORT const Measurement* row_of(const std::vector<const Measurement*>& cell,
                                                       std::string_view strategy);

/// "benchmark.tp4.sm90", "benchmark.tp2.cpu": the name, without extension, of the files of one tp size.
[[nodiscard]] ARBITER_EXPORT std::string file_stem(int tp_size, std::string_view platform);

}  // namespace arbiter
