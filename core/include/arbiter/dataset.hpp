#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "arbiter/export.hpp"
#include "arbiter/measurement.hpp"

namespace arbiter {

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
