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
  graph,
  status,
  iterations_per_sample,
  samples,
  min,
  p95,
  ci_low,
  ci_high,
  error,
  lower_bound,
};

inline constexpr std::array<std::string_view, 20> csv_column_names = {"world_size",
                                                                      "dtype",
                                                                      "size",
                                                                      "num_tokens",
                                                                      "hidden_size",
                                                                      "strategy",
                                                                      "fusion",
                                                                      "op",
                                                                      "time (us)",
                                                                      "backend",
                                                                      "graph",
                                                                      "status",
                                                                      "iterations_per_sample",
                                                                      "samples",
                                                                      "min (us)",
                                                                      "p95 (us)",
                                                                      "ci_low (us)",
                                                                      "ci_high (us)",
                                                                      "error",
                                                                      "lower_bound (us)"};

constexpr std::string_view name_of(CsvColumn column) { return csv_column_names[static_cast<std::size_t>(column)]; }

/// Other names of columns: those of earlier Arbiter versions, and TensorRT-LLM's name of the fusion.
inline constexpr std::array<std::pair<std::string_view, CsvColumn>, 3> csv_column_aliases = {
    {{"fusion_op", CsvColumn::fusion},
     {"inner", CsvColumn::iterations_per_sample},
     {"floor (us)", CsvColumn::lower_bound}}};

/// Whether a file without this column is not a measurement file.
constexpr bool is_required(CsvColumn column) { return column <= CsvColumn::time && column != CsvColumn::op; }

}  // namespace arbiter
