#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

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
  inner,
  samples,
  min,
  p95,
  ci_low,
  ci_high,
  error,
  floor,
};

inline constexpr std::array<std::string_view, 20> csv_column_names = {
    "world_size", "dtype",     "size",        "num_tokens",   "hidden_size", "strategy",  "fusion",
    "op",         "time (us)", "backend",     "graph",        "status",      "inner",     "samples",
    "min (us)",   "p95 (us)",  "ci_low (us)", "ci_high (us)", "error",       "floor (us)"};

constexpr std::string_view name_of(CsvColumn column) { return csv_column_names[static_cast<std::size_t>(column)]; }

/// A file without one of these is no measurement file.
constexpr bool is_required(CsvColumn column) { return column <= CsvColumn::time && column != CsvColumn::op; }

}  // namespace arbiter
