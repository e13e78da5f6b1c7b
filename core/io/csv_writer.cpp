// SPDX-License-Identifier: Apache-2.0
// The CSVs Arbiter writes: measurements, machine probes, regret.
#include <algorithm>
#include <cmath>
#include <iterator>
#include <string>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "arbiter/csv.hpp"
#include "arbiter/machine_probe.hpp"
#include "arbiter/names.hpp"
#include "arbiter/regret.hpp"
#include "io/csv_columns.hpp"
#include "io/csv_fields.hpp"
#include "io/set_aside.hpp"
#include "model/nanoseconds.hpp"

namespace arbiter {

namespace {

/// Microseconds to the nanosecond, in the fewest digits that read back as the same double.
void add_time(std::string& line, double microseconds) {
  line += ',';
  if (!std::isfinite(microseconds)) return;
  const double rounded = rounded_to_nanoseconds(microseconds);
  // A measured time is never zero, which the reader refuses.
  fmt::format_to(std::back_inserter(line), "{}", rounded <= 0.0 && microseconds > 0.0 ? 0.001 : rounded);
}

void add_name(std::string& line, std::string_view name) {
  line += ',';
  if (is_identifier(name)) {
    line += name;
  } else {
    line += csv_field(name);
  }
}

void add_count(std::string& line, std::int64_t value) {
  line += ',';
  if (value > 0) fmt::format_to(std::back_inserter(line), "{}", value);
}

std::string_view status_of(const Measurement& row) {
  if (row.usable()) return "ok";
  return row.suspect && !row.failed ? "suspect" : "failed";
}

/// In the order of csv_column_names.
void add_line(std::string& line, const Measurement& row) {
  const Problem& p = row.problem;
  const Setting& setting = row.setting;
  const std::string_view status = status_of(row);
  fmt::format_to(std::back_inserter(line), "{},{},{},{},{}", p.tp_size, name_of(p.dtype), p.message_bytes(),
                 p.num_tokens, p.hidden_size);
  for (const Name& name : {row.strategy, p.fusion, setting.op}) add_name(line, name);
  add_time(line, status == "failed" ? Measurement::none : row.time_us);
  add_name(line, setting.backend);
  fmt::format_to(std::back_inserter(line), ",{},{},{},{},{}", setting.hosts, setting.graph, name_of(setting.context),
                 name_of(row.numerics), status);
  for (const std::int64_t count : {row.iterations_per_sample, row.tensor_sets, row.samples}) add_count(line, count);
  for (const double time : {row.min_us, row.p95_us, row.ci_low_us, row.ci_high_us}) add_time(line, time);
  line += ',';
  if (!std::isnan(row.error)) fmt::format_to(std::back_inserter(line), "{}", row.error);
  add_time(line, row.lower_bound_us);
  add_name(line, row.run_id);
  fmt::format_to(std::back_inserter(line), ",{}", csv_schema);
}

std::string ranks(int rank) { return rank == ProbeCase::all ? "all" : std::to_string(rank); }

std::string line_of(const ProbeRow& row) {
  const auto& [kind, from, to, bytes, round_trips] = row.what;
  const bool is_time = kind == ProbeKind::launch || kind == ProbeKind::one_way;
  return fmt::format("{},{},{},{},{},{}", name_of(kind), ranks(from), ranks(to), bytes,
                     std::isnan(row.value) ? std::string() : fmt::format("{:.4g}", row.value), is_time ? "us" : "GB/s");
}

}  // namespace

CsvWriter::CsvWriter(std::filesystem::path file, LineFile::Earlier earlier) : lines_(std::move(file), earlier) {
  lines_.append(fmt::format("{}", fmt::join(csv_column_names, ",")));
}

void CsvWriter::append(const Measurement& measurement) {
  std::string line;
  add_line(line, measurement);
  lines_.append(line);
}

void CsvWriter::append(const std::vector<const Measurement*>& measurements) {
  constexpr std::size_t bytes_of_a_write = std::size_t{1} << 20U;
  std::string lines;
  const auto write = [&] {
    if (!lines.empty()) lines_.append(lines);
    lines.clear();
  };
  for (const Measurement* row : measurements) {
    if (!lines.empty()) lines += '\n';
    add_line(lines, *row);
    if (lines.size() >= bytes_of_a_write) write();
  }
  write();
}

std::string probe_file_name(int tp_size, std::string_view platform) {
  return fmt::format("machine_probe.tp{}.{}.csv", tp_size, file_name(platform));
}

void write_probe(const std::filesystem::path& file, const MachineProbe& probe, std::string_view run_id) {
  std::string text = "kind,from,to,bytes,value,unit,run_id,schema\n";
  for (const auto& row : probe.rows()) text += fmt::format("{},{},{}\n", line_of(row), csv_field(run_id), csv_schema);
  write_or_set_aside(file, text);
}

std::string regret_csv(const std::vector<RegretRow>& rows, const Report& report) {
  std::string text =
      "selector,source,data,tp_size,fusion,cells,unmeasured,mean_percent,p95_percent,worst_percent,"
      "share_within_1_percent,regions,op,graph,context,run_id,schema\n";
  std::string runs;
  for (const RunRecord& run : report.run.runs) runs += (runs.empty() ? "" : " ") + run.id;
  const std::string origin = fmt::format("{},{},{},{},{}", csv_field(report.setting.op), report.setting.graph,
                                         name_of(report.setting.context), csv_field(runs), csv_schema);
  for (const RegretRow& row : rows) {
    for (const bool holdout : {false, true}) {
      const Regret& regret = holdout ? row.holdout : row.grid;
      if (regret.cells == 0) continue;
      const bool known = regret.cells > regret.unmeasured;
      const auto percent = [&](double share) { return known ? fmt::format("{:.4f}", 100.0 * share) : std::string(); };
      const bool counted = !holdout && row.source != RegretSource::measured;
      text += fmt::format("{},{},{},{},{},{},{},{},{},{},{},{},{}\n", csv_field(row.selector), name_of(row.source),
                          holdout ? "holdout" : "grid", row.tp_size == 0 ? "all" : std::to_string(row.tp_size),
                          row.fusion.empty() ? "all" : csv_field(row.fusion), regret.cells, regret.unmeasured,
                          percent(regret.mean), percent(regret.p95), percent(regret.worst),
                          known ? fmt::format("{:.4f}", regret.within_one_percent) : "",
                          counted ? std::to_string(row.regions) : "", origin);
    }
  }
  return text;
}

}  // namespace arbiter
