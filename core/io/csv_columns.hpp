// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <utility>

namespace arbiter {

enum class CsvColumn : std::uint8_t {
  world_size,
  dtype,
  size,
  num_tokens,
  hidden_size,
  strategy,
  fusion,
  op,
  time,
  backend,
  hosts,
  graph,
  context,
  numerics,
  status,
  iterations_per_sample,
  tensor_sets,
  samples,
  min_of_means,
  p95_of_means,
  ci_low,
  ci_high,
  error,
  lower_bound,
  run_id,
  schema,
};

/// The version of the columns that this Arbiter writes. A file with a higher one is refused: a column may mean
/// something else there. Files without the column are of Arbiter 0.1 or of other tools.
inline constexpr std::int64_t csv_schema = 3;

inline constexpr std::array<std::string_view, 26> csv_column_names = {"world_size",
                                                                      "dtype",
                                                                      "size",
                                                                      "num_tokens",
                                                                      "hidden_size",
                                                                      "strategy",
                                                                      "fusion",
                                                                      "op",
                                                                      "time (us)",
                                                                      "backend",
                                                                      "hosts",
                                                                      "graph",
                                                                      "context",
                                                                      "numerics",
                                                                      "status",
                                                                      "iterations_per_sample",
                                                                      "tensor_sets",
                                                                      "samples",
                                                                      "min_of_means (us)",
                                                                      "p95_of_means (us)",
                                                                      "ci_low (us)",
                                                                      "ci_high (us)",
                                                                      "error",
                                                                      "lower_bound (us)",
                                                                      "run_id",
                                                                      "schema"};

constexpr std::string_view name_of(CsvColumn column) { return csv_column_names[static_cast<std::size_t>(column)]; }

/// The time in the second CSV of TensorRT-LLM's microbenchmark, which writes 0.0 for what it skipped.
inline constexpr std::string_view csv_time_of_benchmark = "time_us";

/// Other names of columns: those of earlier Arbiter versions, and TensorRT-LLM's.
inline constexpr std::array<std::pair<std::string_view, CsvColumn>, 7> csv_column_aliases = {
    {{"fusion_op", CsvColumn::fusion},
     {"size_bytes", CsvColumn::size},
     {csv_time_of_benchmark, CsvColumn::time},
     {"inner", CsvColumn::iterations_per_sample},
     {"min (us)", CsvColumn::min_of_means},
     {"p95 (us)", CsvColumn::p95_of_means},
     {"floor (us)", CsvColumn::lower_bound}}};

/// Whether a file without this column has no byte curves.
constexpr bool is_required_of_bytes(CsvColumn column) {
  return column == CsvColumn::size || column == CsvColumn::strategy || column == CsvColumn::time;
}

/// Whether a file without this column is not a measurement file.
constexpr bool is_required(CsvColumn column) { return column <= CsvColumn::time && column != CsvColumn::op; }

}  // namespace arbiter
