#include <algorithm>
#include <cmath>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "arbiter/csv.hpp"
#include "io/csv_fields.hpp"
#include "io/csv_columns.hpp"
#include "model/nanoseconds.hpp"

namespace arbiter {

namespace {

/// Microseconds to the nanosecond, in the fewest digits that read back as the same double.
std::string time_field(double microseconds) {
  if (!std::isfinite(microseconds)) return {};
  const double rounded = rounded_to_nanoseconds(microseconds);
  // A measured time is never nothing, and zero would not be read back.
  return fmt::format("{}", rounded <= 0.0 && microseconds > 0.0 ? 0.001 : rounded);
}

std::string line_of(const Measurement& row) {
  const Problem& p = row.problem;
  const bool failed = !row.usable();
  const auto count = [](std::int64_t value) { return value > 0 ? fmt::format("{}", value) : std::string(); };
  return fmt::format("{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{}", p.tp_size, name_of(p.dtype),
                     p.message_bytes(), p.num_tokens, p.hidden_size, csv_field(row.strategy), csv_field(p.fusion),
                     csv_field(row.op), failed ? std::string() : time_field(row.time_us), csv_field(row.backend),
                     row.graph, failed ? "failed" : "ok", count(row.iterations_per_sample), count(row.samples),
                     time_field(row.min_us), time_field(row.p95_us), time_field(row.ci_low_us),
                     time_field(row.ci_high_us), std::isnan(row.error) ? std::string() : fmt::format("{}", row.error),
                     time_field(row.lower_bound_us));
}

}  // namespace

CsvWriter::CsvWriter(std::filesystem::path file, LineFile::Earlier earlier) : lines_(std::move(file), earlier) {
  lines_.append(fmt::format("{}", fmt::join(csv_column_names, ",")));
}

void CsvWriter::append(const Measurement& measurement) { lines_.append(line_of(measurement)); }

}  // namespace arbiter
