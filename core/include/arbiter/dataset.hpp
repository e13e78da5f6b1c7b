// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <limits>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "arbiter/export.hpp"
#include "arbiter/name.hpp"
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
  Name backend;   ///< "host", "cuda"; empty if the file does not say
  int hosts = 1;  ///< that the ranks were on
  Name op = "allreduce";
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
  Name strategy;
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
  Name run_id;                   ///< of the run that made it; empty if the file does not say
  bool holdout = false;          ///< measured to judge selectors, never fitted; stored in a separate file
  Name reason;                   ///< why it failed; stored in the log beside the CSV, not in the CSV

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

/// Rows in an order, each at an address that stays. A copy keeps the rows alive, without copying them.
class RowList {
 public:
  class Iterator {
   public:
    using iterator_concept = std::random_access_iterator_tag;
    using iterator_category = std::random_access_iterator_tag;
    using value_type = Measurement;
    using difference_type = std::ptrdiff_t;
    using pointer = const Measurement*;
    using reference = const Measurement&;

    Iterator() = default;
    explicit Iterator(const Measurement* const* at) : at_(at) {}
    reference operator*() const { return **at_; }
    pointer operator->() const { return *at_; }
    reference operator[](difference_type n) const { return *at_[n]; }
    Iterator& operator++() { return *this += 1; }
    Iterator& operator--() { return *this -= 1; }
    Iterator operator++(int) { return Iterator(at_++); }
    Iterator operator--(int) { return Iterator(at_--); }
    Iterator& operator+=(difference_type n) {
      at_ += n;
      return *this;
    }
    Iterator& operator-=(difference_type n) { return *this += -n; }
    friend Iterator operator+(Iterator a, difference_type n) { return a += n; }
    friend Iterator operator+(difference_type n, Iterator a) { return a += n; }
    friend Iterator operator-(Iterator a, difference_type n) { return a -= n; }
    friend difference_type operator-(Iterator a, Iterator b) { return a.at_ - b.at_; }
    friend auto operator<=>(Iterator, Iterator) = default;

   private:
    const Measurement* const* at_ = nullptr;
  };
  using value_type = Measurement;
  using size_type = std::size_t;
  using difference_type = std::ptrdiff_t;
  using reference = const Measurement&;
  using const_reference = const Measurement&;
  using iterator = Iterator;
  using const_iterator = Iterator;

  [[nodiscard]] Iterator begin() const { return Iterator(rows_.data()); }
  [[nodiscard]] Iterator end() const { return Iterator(rows_.data() + rows_.size()); }
  [[nodiscard]] std::size_t size() const { return rows_.size(); }
  [[nodiscard]] bool empty() const { return rows_.empty(); }
  [[nodiscard]] const Measurement& operator[](std::size_t index) const { return *rows_[index]; }
  [[nodiscard]] const Measurement& at(std::size_t index) const { return *rows_.at(index); }
  [[nodiscard]] const Measurement& front() const { return *rows_.front(); }
  [[nodiscard]] const Measurement& back() const { return *rows_.back(); }
  /// Copies of the rows.
  operator std::vector<Measurement>() const { return {begin(), end()}; }  // NOLINT(google-explicit-constructor)

 private:
  friend class Dataset;
  using Block = std::vector<Measurement>;

  std::vector<const Measurement*> rows_;
  std::vector<std::shared_ptr<const Block>> kept_;  // the blocks that the rows are in, and perhaps more
};

/// Measurements, in the order they were made or read, and their machine. A value; not synchronised. Copies, and the
/// datasets of some of its rows, share the rows: a copy costs a pointer per row.
class ARBITER_EXPORT Dataset {
 public:
  Dataset() = default;
  explicit Dataset(Machine machine) : machine_(std::move(machine)) {}
  Dataset(const Dataset& other) : machine_(other.machine_), rows_(other.rows_) {}
  Dataset& operator=(const Dataset& other) { return *this = Dataset(other); }
  Dataset(Dataset&&) noexcept = default;
  Dataset& operator=(Dataset&&) noexcept = default;
  ~Dataset() = default;

  [[nodiscard]] const Machine& machine() const { return machine_; }
  [[nodiscard]] const RowList& rows() const { return rows_; }
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
  /// The rows for which a predicate (of const Measurement&) holds.
  template <class Predicate>
  [[nodiscard]] Dataset filtered(const Predicate& predicate) const {
    Dataset result(machine_);
    result.rows_.kept_ = rows_.kept_;
    for (const Measurement* row : rows_.rows_) {
      if (predicate(*row)) result.rows_.rows_.push_back(row);
    }
    return result;
  }
  /// The rows of one tp size, of one dtype, or of one fusion.
  [[nodiscard]] Dataset of_tp_size(int tp_size) const;
  [[nodiscard]] Dataset of_dtype(DType dtype) const;
  [[nodiscard]] Dataset of_fusion(std::string_view fusion) const;

  void add(Measurement measurement);
  /// Adds the rows of `other` at the end, the facts that are not here yet, and the platform if there is none here.
  void append(const Dataset& other);

 private:
  Machine machine_;
  RowList rows_;
  std::shared_ptr<RowList::Block> open_;  // the last of their blocks, if add() may fill it: it never grows
};

/// The fastest usable row of a cell, the first on a tie; AUTO does not count. Null if there is none.
[[nodiscard]] ARBITER_EXPORT const Measurement* best_of(const std::vector<const Measurement*>& cell);

/// The fastest usable row of `strategy` in a cell, the first on a tie. Null if there is none.
[[nodiscard]] ARBITER_EXPORT const Measurement* row_of(const std::vector<const Measurement*>& cell,
                                                       std::string_view strategy);

/// "benchmark.tp4.sm90", "benchmark.tp2.cpu": the name, without extension, of the files of one tp size.
[[nodiscard]] ARBITER_EXPORT std::string file_stem(int tp_size, std::string_view platform);

}  // namespace arbiter
